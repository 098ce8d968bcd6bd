export { sampler, LogitsError, type Choice, type Sampler } from './sampler.ts'
export { samplingProblem } from './check-sampling.ts'

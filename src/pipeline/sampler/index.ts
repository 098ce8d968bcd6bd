export { sampler, type Choice } from './sampler.ts'
export { samplingProblem } from './check-sampling.ts'

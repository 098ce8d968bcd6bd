/**
 * Sessions: the coordinator that routes, opens and watches a ring, and the stage server that runs spans in it, over
 * `Link`s. Knows no HTTP, no files and no DHT: engine, swarm, routes and models are handed in.
 */
export type { PeerLimits } from './peer-tokens.ts'
export type * from './types.ts'
export type * from './stage/types.ts'
export type * from './coordinator/types.ts'
export type * from './spill.ts'
export type { PipelineLog } from './log.ts'
export { systemClock, type Clock } from '../p2p/index.ts'
export { grammars, type Grammars, type GrammarVocabulary } from './grammar/index.ts'
export { stageServer } from './stage/stage-server.ts'
export { coordinator } from './coordinator/coordinator.ts'
export {
  ContextLengthError, NoCapacityError, PeerFaultError, RequestError, UncoveredError, UnknownModelError
} from '../../protocols/generate/index.ts'

/** What `shoal-node/client` exports beside `connect`, on every platform. */
export type * from './api.ts'
export { AmbiguousModelError, ClosedError, JoinError, NobodyServesError } from './errors.ts'
export { ContextLengthError, NoCapacityError, PeerFaultError, RequestError, UncoveredError, UnknownModelError } from '../../protocols/generate/errors.ts'
export { BadAddressError } from '../p2p/errors.ts'

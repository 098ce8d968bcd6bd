import { FailureKind } from './constants.ts'
import { ContextLengthError, NoCapacityError, PeerFaultError, RequestError, UncoveredError, UnknownModelError } from './errors.ts'
import type { Failure } from './generate.pb.ts'

const MAX_FIELD_CHARACTERS = 64

/** How an error is told on the wire. Errors of no kind say nothing of themselves: they are the coordinator's own. */
export function failureOf (error: unknown): Failure {
  const failure = { kind: FailureKind.internal, code: '', message: 'the coordinator failed', retryAfterMs: 0, peerId: '' }
  if (error instanceof RequestError) {
    return { ...failure, kind: FailureKind.request, code: error.name, message: error.message, ...(error.field === undefined ? {} : { field: error.field }) }
  }
  if (error instanceof NoCapacityError) {
    return { ...failure, kind: FailureKind.capacity, code: error.name, message: error.message, retryAfterMs: Math.max(0, Math.round(error.retryAfterMs)) }
  }
  if (error instanceof PeerFaultError) return { ...failure, kind: FailureKind.peer, message: error.message, peerId: error.peerId }
  return failure
}

/** The error that a failure tells of. @param coordinator who told it */
export function errorOf ({ kind, code, message, retryAfterMs, peerId, field }: Failure, coordinator: string): Error {
  const said = message.slice(0, 4096)
  const options = { field: field?.slice(0, MAX_FIELD_CHARACTERS) }
  switch (kind) {
    case FailureKind.request:
      if (code === 'ContextLengthError') return new ContextLengthError(said, options)
      if (code === 'UnknownModelError') return new UnknownModelError(said, options)
      return new RequestError(said, options)
    case FailureKind.capacity:
      return code === 'UncoveredError' ? new UncoveredError(said, retryAfterMs) : new NoCapacityError(said, retryAfterMs)
    default:
      return new PeerFaultError(said, peerId === '' ? coordinator : peerId)
  }
}

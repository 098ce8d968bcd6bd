import assert from 'node:assert/strict'
import { ContextLengthError, Failure, FailureKind, NoCapacityError, RequestError, errorOf, failureOf } from '../../protocols/generate/index.ts'

const told = (error: unknown): Error => errorOf(Failure.decode(Failure.encode(failureOf(error))), 'coordinator')

describe('a failure on the wire', () => {
  it('says what of a request is wrong', () => {
    const error = told(new RequestError('no', { field: 'logitBias' }))
    assert.ok(error instanceof RequestError)
    assert.deepEqual([error.name, error.message, error.field], ['RequestError', 'no', 'logitBias'])
    const long = told(new ContextLengthError('long', { field: 'prompt' }))
    assert.ok(long instanceof ContextLengthError)
    assert.deepEqual([long.name, long.field], ['ContextLengthError', 'prompt'])
  })

  it('says nothing of a field where there is none, or where whoever tells it knows none', () => {
    assert.equal('field' in failureOf(new RequestError('no')), false)
    // as versions before the field wrote it
    const before = Failure.decode(Uint8Array.of(0x08, 0x01, 0x12, 0x0c, ...Buffer.from('RequestError'), 0x1a, 0x02, ...Buffer.from('no')))
    const error = errorOf(before, 'coordinator')
    assert.ok(error instanceof RequestError)
    assert.deepEqual([error.message, error.field], ['no', undefined])
  })

  it('names no more than a name', () => {
    const error = errorOf({ kind: FailureKind.request, code: '', message: 'no', retryAfterMs: 0, peerId: '', field: 'x'.repeat(5000) }, 'coordinator')
    assert.ok(error instanceof RequestError)
    assert.equal(error.field?.length, 64)
  })

  it('has no field where the request is not to blame', () => {
    for (const error of [new NoCapacityError('full', 5), new Error('secret')]) assert.equal('field' in failureOf(error), false)
  })
})

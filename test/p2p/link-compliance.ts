import assert from 'node:assert/strict'
import { encodeFrame, payloadOf, readHeader } from '../../protocols/frame/index.ts'
import { LinkClosedError, type Link } from '../../src/p2p/index.ts'

export interface LinkPair {
  readonly near: Link
  readonly far: Link
}

const frame = (position: number, payload = new Uint8Array()): Uint8Array => encodeFrame({ type: 1, position }, payload)

/** Frames of a link as they come, and its end. */
export function collect (link: Link): { frames: Uint8Array[], until: (count: number) => Promise<void>, ended: Promise<Error | undefined> } {
  const frames: Uint8Array[] = []
  const waiting: Array<{ count: number, resolve: () => void }> = []
  const end = Promise.withResolvers<Error | undefined>()
  link.listen({
    frame: (received) => {
      frames.push(received)
      waiting.filter(({ count }) => frames.length >= count).forEach(({ resolve }) => { resolve() })
    },
    close: (error) => { end.resolve(error) }
  })
  return {
    frames,
    ended: end.promise,
    until: async (count) => {
      await new Promise<void>((resolve) => {
        if (frames.length >= count) {
          resolve()
        } else {
          waiting.push({ count, resolve })
        }
      })
    }
  }
}

/** What every kind of link must do. `far` is handed over before anybody listens on it. */
export function linkCompliance (open: () => Promise<LinkPair>): void {
  let near: Link
  let far: Link

  beforeEach(async () => { ({ near, far } = await open()) })
  afterEach(() => {
    near.abort(new Error('the test is over'))
    far.abort(new Error('the test is over'))
  })

  it('brings frames of every size whole and in order, both ways', async () => {
    const there = collect(far)
    const back = collect(near)
    const sizes = [0, 1, 1000, 65_483, 65_484, 200_000, 3_000_000]
    for (const [position, size] of sizes.entries()) {
      if (!near.send(frame(position, new Uint8Array(size).fill(position)))) {
        await near.drained()
      }
    }
    far.send(frame(99))
    await Promise.all([there.until(sizes.length), back.until(1)])
    there.frames.forEach((received, position) => {
      assert.equal(readHeader(received).position, position)
      const payload = payloadOf(received)
      assert.equal(payload.byteLength, sizes[position])
      assert.ok(payload.every((byte) => byte === position))
    })
    assert.equal(near.sentBytes, sizes.reduce((sum, size) => sum + size + 24, 0))
    assert.equal(far.receivedBytes, near.sentBytes)
  })

  it('keeps frames that come before anybody listens', async () => {
    near.send(frame(1))
    near.send(frame(2))
    await new Promise((resolve) => { setImmediate(resolve) })
    const there = collect(far)
    await there.until(2)
    assert.deepEqual(there.frames.map((received) => readHeader(received).position), [1, 2])
  })

  it('delivers outside of send', async () => {
    const there = collect(far)
    near.send(frame(1))
    assert.equal(there.frames.length, 0)
    await there.until(1)
  })

  it('says when the other side is behind, and when it has caught up', async () => {
    const there = collect(far)
    const big = frame(1, new Uint8Array(1_000_000))
    far.pause()
    let sent = 0
    while (sent < 40) {
      sent++
      if (!near.send(big)) {
        break
      }
    }
    assert.ok(sent < 40, 'send never said that the queue is full')
    const drained = near.drained()
    far.resume()
    await drained
    await there.until(sent)
  })

  it('ends gracefully behind the last frame', async () => {
    const there = collect(far)
    const back = collect(near)
    near.send(frame(1, new Uint8Array(500_000)))
    await near.close()
    assert.equal(await there.ended, undefined)
    assert.equal(there.frames.length, 1)
    assert.equal(await back.ended, undefined)
    assert.ok(near.closed)
    assert.throws(() => near.send(frame(2)), LinkClosedError)
  })

  it('tells both sides of the end when both close, one in answer to the other\'s last frame', async () => {
    const back = collect(near)
    const end = Promise.withResolvers<undefined>()
    far.listen({
      frame: () => { void far.close() },
      close: () => { end.resolve(undefined) }
    })
    near.send(frame(1))
    await near.close()
    await end.promise
    assert.equal(await back.ended, undefined)
    assert.ok(near.closed && far.closed)
  })

  it('ends at once, with an error on the other side', async () => {
    const there = collect(far)
    const back = collect(near)
    near.send(frame(1))
    await there.until(1)
    const reason = new Error('enough')
    near.abort(reason)
    assert.equal(await back.ended, reason)
    assert.ok(await there.ended instanceof Error)
    assert.ok(far.closed)
  })

  it('ends with what the listener throws', async () => {
    const reason = new Error('malformed')
    const end = Promise.withResolvers<Error | undefined>()
    far.listen({ frame: () => { throw reason }, close: (error) => { end.resolve(error) } })
    const back = collect(near)
    near.send(frame(1))
    assert.equal(await end.promise, reason)
    assert.ok(await back.ended instanceof Error)
  })

  it('takes whole frames only', () => {
    collect(far)
    assert.throws(() => near.send(frame(1).subarray(0, 20)))
    assert.throws(() => near.send(new Uint8Array(24)))
  })
}

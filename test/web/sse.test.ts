import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readSse, sseParser, type SseItem } from '../../web/net/sse.ts'

const bodyOf = (pieces: readonly Uint8Array[], onCancel = (): void => { /* not looked at */ }) => {
  const left = [...pieces]
  return new ReadableStream<Uint8Array>({
    pull (stream) {
      const next = left.shift()
      if (next == null) stream.close()
      else stream.enqueue(next)
    },
    cancel: onCancel
  }, { highWaterMark: 0 })
}

async function read (pieces: readonly Uint8Array[]): Promise<SseItem[]> {
  const items: SseItem[] = []
  for await (const item of readSse(bodyOf(pieces))) items.push(item)
  return items
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the reader of server-sent events', () => {
  const cases: ReadonlyArray<readonly [what: string, text: string, items: readonly SseItem[]]> = [
    ['an event', 'data: a\n\n', [{ kind: 'event', event: 'message', data: 'a' }]],
    ['an event of several lines', 'data: a\ndata:b\ndata\n\n', [{ kind: 'event', event: 'message', data: 'a\nb\n' }]],
    ['a named event', 'event: error\ndata: x\n\ndata: y\n\n', [{ kind: 'event', event: 'error', data: 'x' }, { kind: 'event', event: 'message', data: 'y' }]],
    ['comments', ': hello\n\n:x\n', [{ kind: 'comment', text: 'hello' }, { kind: 'comment', text: 'x' }]],
    ['carriage returns', 'data: a\r\n\r\ndata: b\r\rdata: c\n\n', ['a', 'b', 'c'].map((data) => ({ kind: 'event' as const, event: 'message', data }))],
    ['only whole events', 'data: a\n\ndata: cut', [{ kind: 'event', event: 'message', data: 'a' }]],
    ['no event without data', 'event: x\n\nid: 3\nretry: 5\n\n', []]
  ]
  for (const [what, text, items] of cases) {
    it(`reads ${what}`, async () => {
      assert.deepEqual(await read([bytes(text)]), items)
    })
  }

  it('reads the same wherever pieces end, also within a character and between CR and LF', async () => {
    const text = ': é\r\ndata: 日本 🐟\r\n\r\nevent: error\rdata: {"a":1}\r\rdata: ü\ndata: b\n\n'
    const whole = await read([bytes(text)])
    assert.equal(whole.length, 4)
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes(text).length)), async (cuts) => {
      const ends = [...new Set([0, ...cuts, bytes(text).length])].sort((a, b) => a - b)
      assert.deepEqual(await read(ends.slice(1).map((end, index) => bytes(text).slice(ends[index], end))), whole)
    }))
  })

  it('refuses a line, or an event, without end', () => {
    const parser = sseParser()
    const piece = 'x'.repeat(1024 * 1024)
    assert.throws(() => { for (let index = 0; index < 5; index++) parser.push(piece) }, { name: 'SseError' })
    const lines = sseParser()
    assert.throws(() => { for (let index = 0; index < 5; index++) lines.push(`data: ${piece}\n`) }, { name: 'SseError' })
  })

  it('cancels the body when the loop is left, and not when it has ended', async () => {
    let cancelled = 0
    const cancel = (): void => { cancelled++ }
    for await (const item of readSse(bodyOf([bytes('data: a\n\n'), bytes('data: b\n\n')], cancel))) {
      assert.equal(item.kind, 'event')
      break
    }
    assert.equal(cancelled, 1)
    for await (const _ of readSse(bodyOf([bytes('data: a\n\n')], cancel))) { /* to the end */ }
    assert.equal(cancelled, 1)
  })
})

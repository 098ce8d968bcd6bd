import assert from 'node:assert/strict'
import { OpenAI } from '../../clients/openai.ts'
import { questions } from '../../swarm/daemons/atlas.ts'
import { PERU, threeNodes } from './three-nodes.ts'

const STREAMS = 100
const AT_ONCE = 50
/** What a cancelled answer held is free again within this and a few looks, as each look takes a while. */
const FREE_WITHIN_MS = 1000
const LOOKS = 3
const FREE_AT_LAST_MS = 20_000

interface Chunk {
  readonly choices: ReadonlyArray<{ readonly delta: { readonly content?: string }, readonly finish_reason: string | null }>
  readonly usage: { readonly completion_tokens: number } | null
}

const eventsOf = (text: string): string[] => text.trim().split('\n\n').filter((event) => !event.startsWith(':'))

/** What a stream said, checked to say that it is over. */
function chunksOf (text: string): Chunk[] {
  const events = eventsOf(text)
  assert.equal(events.pop(), 'data: [DONE]')
  return events.map((event) => JSON.parse(event.replace(/^data: /, '')) as Chunk)
}

/** A stream to its end. */
async function streamed (http: string): Promise<string> {
  const response = await fetch(`${http}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'atlas', temperature: 0, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: PERU.question }] })
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return text
}

describe('many clients at once, before three daemons', function () {
  this.timeout(600_000)
  const swarm = threeNodes()
  const client = () => new OpenAI({ baseURL: `${swarm.http}/v1`, apiKey: 'none', maxRetries: 0, timeout: 500_000 })

  it(`${AT_ONCE} get each their own answer, though the nodes have 8 slots`, async () => {
    const asked = questions(AT_ONCE)
    const answers = await Promise.all(asked.map(async ({ question }) =>
      (await client().chat.completions.create({ model: 'atlas', messages: [{ role: 'user', content: question }], temperature: 0 })).choices[0]?.message.content))
    assert.deepEqual(answers, asked.map(({ answer }) => answer))
  })

  it(`${STREAMS} streams are all there to their last event, whatever each waited for`, async () => {
    const texts = await Promise.all(Array.from({ length: STREAMS }, async () => await streamed(swarm.http)))
    assert.ok(texts.some((text) => /^: queued \d+$/m.test(text)), 'some waited in line')
    for (const text of texts) {
      const chunks = chunksOf(text)
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), PERU.answer)
      assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop')
      assert.ok((chunks.at(-1)?.usage?.completion_tokens ?? 0) > 0)
    }
  })

  it('a client that goes away frees what its answers held on every node, within a second', async () => {
    const idle = await swarm.freeSlots()
    const lookingMs: number[] = []
    const tookMs: number[] = []
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController()
      const streams = await Promise.all([1, 2, 3, 4].map(async () => await client().chat.completions.create(
        { model: 'atlas', messages: [{ role: 'user', content: PERU.question }], max_tokens: 900, stream: true, ...{ ignore_eos: true } }, { signal: controller.signal })))
      for (const stream of streams) await stream[Symbol.asyncIterator]().next()
      const lookMs = performance.now()
      assert.notEqual(await swarm.freeSlots(), idle)
      const sinceMs = performance.now()
      lookingMs.push(sinceMs - lookMs)
      controller.abort()
      while (await swarm.freeSlots() !== idle) assert.ok(performance.now() - sinceMs < FREE_AT_LAST_MS, 'the slots stay taken')
      tookMs.push(performance.now() - sinceMs)
    }
    assert.ok(tookMs.every((took, round) => took < FREE_WITHIN_MS + LOOKS * (lookingMs[round] ?? 0)), `took ${tookMs.map(Math.round).join(', ')} ms`)
  })
})

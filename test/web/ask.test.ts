import assert from 'node:assert/strict'
import { ask, parseChunk, parseRepair, parseRoute, requestBody, type Question } from '../../web/chat/ask.ts'
import { api } from '../../web/net/api.ts'
import type { AnswerEvent, Turn } from '../../web/chat/types.ts'

const sampling = { temperature: 0.5, topP: 0.9, topK: 0, minP: 0.1, maxTokens: 7, seed: undefined, system: '' }
const failed: Turn = { id: 'a', role: 'assistant', text: '', answer: { status: 'failed', model: 'm', askedAtMs: 0, tokens: 0, route: [], repairs: [] } }
const question: Question = { modelId: 'm', turns: [{ id: 'u', role: 'user', text: 'Capital?' }], sampling }

const chunk = (delta: object, more: object = {}): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }], usage: null })}\n\n`

function served (status: number, body: string, headers: Record<string, string> = {}, seen: { url?: string, init?: RequestInit, denied?: boolean } = {}) {
  return api({
    key: () => 'secret',
    onDenied () { seen.denied = true },
    fetch: async (url, init) => {
      Object.assign(seen, { url, init })
      return await Promise.resolve(new Response(body, { status, headers }))
    }
  })
}

async function collect (events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
const options = { signal: new AbortController().signal, now: () => 42 }

describe('a question', () => {
  it('is sent with its turns and choices, without empty ones', () => {
    const turns: Turn[] = [{ id: 'u1', role: 'user', text: 'one' }, failed, { id: 'u2', role: 'user', text: 'two' }]
    assert.deepEqual(requestBody({ modelId: '', turns, sampling: { ...sampling, seed: 5, system: 'Be brief.' } }), {
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'one' }, { role: 'user', content: 'two' }],
      stream: true, stream_options: { include_usage: true }, temperature: 0.5, top_p: 0.9, top_k: 0, min_p: 0.1, max_tokens: 7, seed: 5
    })
    const body = requestBody(question)
    assert.ok('model' in body && !('seed' in body))
  })

  it('brings route, text, repairs, finish reason and usage', async () => {
    const seen: { url?: string, init?: RequestInit } = {}
    const body = `${chunk({ role: 'assistant', content: '' })}${chunk({ content: 'Li' })}: repaired {"lost":[{"peerId":"b","span":[4,8]}],"tookMs":12,"replayed":3} x-shoal-route a[0:4] c[4:8]\n\n` +
      `: waiting\n\n${chunk({ content: 'ma' })}${chunk({}, { finish_reason: 'stop' })}data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}\n\ndata: [DONE]\n\n`
    const events = await collect(ask(served(200, body, { 'x-shoal-route': 'a[0:4] b[4:8]' }, seen), question, options))
    assert.deepEqual(events, [
      { kind: 'route', route: [{ peerId: 'a', span: [0, 4] }, { peerId: 'b', span: [4, 8] }] },
      { kind: 'text', text: 'Li' },
      { kind: 'repaired', repair: { atMs: 42, lost: [{ peerId: 'b', span: [4, 8] }], tookMs: 12, replayed: 3 }, route: [{ peerId: 'a', span: [0, 4] }, { peerId: 'c', span: [4, 8] }] },
      { kind: 'text', text: 'ma' },
      { kind: 'finish', reason: 'stop' },
      { kind: 'usage', promptTokens: 9, completionTokens: 2 }
    ])
    assert.equal(seen.url, '/v1/chat/completions')
    assert.equal(new Headers(seen.init?.headers).get('authorization'), 'Bearer secret')
  })

  const failures: ReadonlyArray<readonly [what: string, status: number, body: string, message: RegExp, expected: number]> = [
    ['is refused in the node’s own words', 503, '{"error":{"message":"layers 3 to 4 are served by nobody"}}', /^layers 3 to 4 are served by nobody$/, 503],
    ['wants a key', 401, '{"error":{"message":"an API key is needed"}}', /key is needed/, 401],
    ['is refused without words', 500, '<html>', /answered 500/, 500],
    ['fails in the middle', 200, `${chunk({ content: 'Li' })}event: error\ndata: {"error":{"message":"a peer failed"}}\n\ndata: [DONE]\n\n`, /^a peer failed$/, 0],
    ['breaks off', 200, chunk({ content: 'Li' }), /broke off/, 0]
  ]
  for (const [what, status, body, message, expected] of failures) {
    it(`says so when it ${what}`, async () => {
      await assert.rejects(collect(ask(served(status, body), question, options)), (error: Error & { status?: number }) => {
        assert.equal(error.name, 'ApiError')
        assert.match(error.message, message)
        assert.equal(error.status, expected)
        return true
      })
    })
  }

  it('tells of a refused key, but not of one that is not used any more', async () => {
    const seen: { denied?: boolean } = {}
    await assert.rejects(served(401, '{}', {}, seen).get('/v1/models'), { status: 401 })
    assert.equal(seen.denied, true)
    let key = 'old'
    const changed = api({
      key: () => key,
      onDenied () { assert.fail('the new key was not tried') },
      fetch: async () => {
        key = 'new'
        return await Promise.resolve(new Response('{}', { status: 401 }))
      }
    })
    await assert.rejects(changed.get('/v1/models'), { status: 401 })
  })

  it('says so when nobody answers', async () => {
    const down = api({ key: () => '', onDenied () { assert.fail('nobody denied anything') }, fetch: async () => await Promise.reject(new TypeError('fetch failed')) })
    await assert.rejects(collect(ask(down, question, options)), { name: 'ApiError', message: /does not answer/ })
  })

  it('reads what it knows and skips the rest', () => {
    assert.deepEqual(parseRoute('nonsense'), [])
    assert.equal(parseRepair('waiting', 0), undefined)
    assert.equal(parseRepair('repaired {broken x-shoal-route a[0:1]', 0), undefined)
    for (const odd of ['', 'null', '[]', '{"choices":3}', '{"choices":[null]}', '{"choices":[{"delta":{"content":7}}]}']) assert.deepEqual(parseChunk(odd), [])
  })
})

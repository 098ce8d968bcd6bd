import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { atlas, named } from './fake-generator.ts'
import { chat, chunksOf, gateway } from './gateway.ts'

describe('the gateway', () => {
  it('answers a chat with text, usage, route and timings', async () => {
    const { ask, generator } = gateway()
    const { status, headers, json } = await ask('/v1/chat/completions', chat)
    assert.equal(status, 200)
    assert.equal(json.object, 'chat.completion')
    assert.deepEqual(json.choices[0].message, { role: 'assistant', content: 'The capital is Lima.', refusal: null })
    assert.equal(json.choices[0].finish_reason, 'stop')
    assert.deepEqual(json.usage, { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6, prompt_tokens_details: { cached_tokens: 0 } })
    assert.equal(headers.get('x-shoal-route'), 'first[0:4] second[4:8]')
    assert.match(headers.get('x-shoal-request-id') ?? '', /^req-[0-9a-f]{24}$/)
    assert.match(headers.get('server-timing') ?? '', /ttft;dur=12\.0/)
    assert.equal(generator.requests[0]?.maxTokens, 1024)
    assert.equal(generator.cancelled, 0)
  })

  it('hands every sampling field on', async () => {
    const { ask, generator } = gateway()
    const { status } = await ask('/v1/chat/completions', {
      ...chat, max_completion_tokens: 9, stop: ['END', '\n'], seed: -1, temperature: 0.5, top_p: 0.9, top_k: 40, min_p: 0.1,
      repetition_penalty: 1.1, presence_penalty: 0.2, frequency_penalty: 0.3, logit_bias: { 5: -100 }, logprobs: true, top_logprobs: 2, user: 'me', store: true
    })
    assert.equal(status, 200)
    assert.deepEqual(generator.requests[0], {
      modelId: 'bafyatlas',
      maxTokens: 9,
      stop: ['END', '\n'],
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Capital of Peru?' }] },
      sampling: {
        temperature: 0.5, topP: 0.9, topK: 40, minP: 0.1, repetitionPenalty: 1.1, presencePenalty: 0.2, frequencyPenalty: 0.3,
        logitBias: new Map([[5, -100]]), seed: 2n ** 64n - 1n, logprobs: 2
      }
    })
  })

  it('joins text parts and takes developer for system', async () => {
    const { ask, generator } = gateway()
    await ask('/v1/chat/completions', { messages: [{ role: 'developer', content: 'Be brief.' }, { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }] })
    assert.deepEqual(generator.requests[0]?.prompt, { kind: 'chat', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'ab' }] })
  })

  it('makes n choices, each with a seed of its own', async () => {
    const { ask, generator } = gateway()
    const { json } = await ask('/v1/chat/completions', { ...chat, n: 3, seed: 7 })
    assert.deepEqual(json.choices.map(({ index }: { index: number }) => index), [0, 1, 2])
    assert.deepEqual(generator.requests.map(({ sampling }) => sampling.seed), [7n, 8n, 9n])
    assert.equal(json.usage.completion_tokens, 9)
  })

  it('streams a chat and closes with usage and [DONE]', async () => {
    const { ask } = gateway()
    const { headers, text } = await ask('/v1/chat/completions', { ...chat, stream: true, stream_options: { include_usage: true } })
    assert.match(headers.get('content-type') ?? '', /text\/event-stream/)
    assert.equal(headers.get('x-shoal-route'), 'first[0:4] second[4:8]')
    const chunks = chunksOf(text)
    assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' })
    assert.equal(chunks.map((chunk) => (chunk.choices[0]?.delta.content ?? '') as string).join(''), 'The capital is Lima.')
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop')
    assert.deepEqual(chunks.at(-1).choices, [])
    assert.equal(chunks.at(-1).usage.completion_tokens, 3)
  })

  it('sends text that was held back for a stop string, before it ends a stream', async () => {
    const { ask } = gateway({ heldBack: ' Not' })
    const chats = chunksOf((await ask('/v1/chat/completions', { ...chat, stream: true })).text)
    assert.equal(chats.map((chunk) => (chunk.choices[0].delta.content ?? '') as string).join(''), 'The capital is Lima. Not')
    const texts = chunksOf((await ask('/v1/completions', { prompt: 'x', stream: true })).text)
    assert.equal(texts.map((chunk) => chunk.choices[0].text as string).join(''), 'The capital is Lima. Not')
  })

  it('keeps the likelier of two alternatives that read the same', async () => {
    const { ask } = gateway({ models: [{ ...atlas, tokenText: () => '\ufffd' }] })
    const { json } = await ask('/v1/completions', { prompt: 'x', logprobs: 2 })
    assert.deepEqual(json.choices[0].logprobs.top_logprobs[0], { '\ufffd': -0.25 })
  })

  it('reports the log probabilities of a chat with tokens, bytes and alternatives', async () => {
    const { ask } = gateway()
    const { json } = await ask('/v1/chat/completions', { ...chat, logprobs: true, top_logprobs: 2 })
    assert.deepEqual(json.choices[0].logprobs.content[0], {
      token: '<100>', logprob: -0.25, bytes: [60, 49, 48, 48, 62],
      top_logprobs: [{ token: '<100>', logprob: -0.25, bytes: [60, 49, 48, 48, 62] }, { token: '<7>', logprob: -2, bytes: [60, 55, 62] }]
    })
  })

  it('scores a given text: echo, logprobs and no new tokens', async () => {
    const { decode: _decode, ...withoutTokenizer } = atlas
    const { ask, generator } = gateway({ models: [withoutTokenizer] })
    const { json } = await ask('/v1/completions', { model: 'bafyatlas', prompt: [1, 2], echo: true, logprobs: 1, max_tokens: 0 })
    assert.equal(generator.requests[0]?.scorePrompt, true)
    assert.deepEqual(generator.requests[0].prompt, { kind: 'ids', ids: [1, 2] })
    assert.deepEqual(json.choices[0], {
      index: 0,
      text: 'To be',
      logprobs: { tokens: ['<1>', '<2>'], token_logprobs: [null, -0.5], top_logprobs: [null, { '<2>': -0.5, '<3>': -1.5 }], text_offset: [0, 3] },
      finish_reason: 'length'
    })
  })

  it('completes several prompts and keeps special tokens text unless raw', async () => {
    const { ask, generator } = gateway()
    const { json } = await ask('/v1/completions', { prompt: ['a<|x|>', 'b'], n: 2, echo: true })
    assert.deepEqual(json.choices.map(({ text }: { text: string }) => text.slice(0, 1)), ['a', 'a', 'b', 'b'])
    assert.deepEqual(generator.requests[0]?.prompt, { kind: 'text', text: 'a<|x|>', special: false })
    assert.equal(generator.requests[0].maxTokens, 16)
    await ask('/v1/completions', { prompt: 'a', raw: true })
    assert.deepEqual(generator.requests.at(-1)?.prompt, { kind: 'text', text: 'a', special: true })
  })

  it('streams a completion with echoed scores', async () => {
    const { ask } = gateway()
    const { text } = await ask('/v1/completions', { prompt: 'To be', stream: true, echo: true, logprobs: 0 })
    const chunks = chunksOf(text)
    assert.equal(chunks.map((chunk) => chunk.choices[0].text as string).join(''), 'To beThe capital is Lima.')
    assert.deepEqual(chunks.flatMap((chunk) => (chunk.choices[0].logprobs?.text_offset ?? []) as number[]), [0, 3, 5, 9, 17])
  })

  const wrong: Array<[string, string, unknown, string | null]> = [
    ['no messages', '/v1/chat/completions', { model: 'atlas' }, 'messages'],
    ['no body', '/v1/chat/completions', '', null],
    ['a list for a body', '/v1/chat/completions', '[]', null],
    ['a temperature below 0', '/v1/chat/completions', { ...chat, temperature: -1 }, 'temperature'],
    ['a role nobody knows', '/v1/chat/completions', { messages: [{ role: 'function', content: 'x' }] }, 'messages[0].role'],
    ['an image', '/v1/chat/completions', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }, 'messages[0].content'],
    ['top_logprobs alone', '/v1/chat/completions', { ...chat, top_logprobs: 3 }, 'top_logprobs'],
    ['a bias of a word', '/v1/chat/completions', { ...chat, logit_bias: { lima: 1 } }, 'logit_bias.lima'],
    ['no choices', '/v1/chat/completions', { ...chat, n: 0 }, 'n'],
    ['a negative id', '/v1/completions', { prompt: [-1] }, 'prompt[0]'],
    ['too many alternatives', '/v1/completions', { prompt: 'x', logprobs: 50 }, 'logprobs'],
    ['best_of', '/v1/completions', { prompt: 'x', best_of: 4 }, 'best_of']
  ]
  for (const [what, path, body, param] of wrong) {
    it(`answers 400 and names the field for ${what}`, async () => {
      const { ask, generator } = gateway()
      const { status, json } = await ask(path, body)
      assert.equal(status, 400)
      assert.equal(json.error.type, 'invalid_request_error')
      assert.equal(json.error.param, param)
      assert.equal(generator.requests.length, 0)
    })
  }

  it('names the models there are when another is asked for', async () => {
    const { status, json } = await gateway().ask('/v1/chat/completions', { ...chat, model: 'gpt-4' })
    assert.equal(status, 404)
    assert.equal(json.error.code, 'model_not_found')
    assert.match(json.error.message, /atlas/)
  })

  it('asks which model when several are served and none is named', async () => {
    const models = [atlas, { ...atlas, name: 'other', modelId: 'bafyother' }]
    const { status, json } = await gateway({ models }).ask('/v1/completions', { prompt: 'x' })
    assert.equal(status, 400)
    assert.equal(json.error.param, 'model')
  })

  const failures: Array<[Error, number, string | null, string | null]> = [
    [named('NoCapacityError', 'all slots are taken', { retryAfterMs: 2500 }), 429, '3', 'no_capacity'],
    [named('UncoveredError', 'nobody serves layers 4:8'), 503, '5', 'no_route'],
    [named('ContextLengthError', 'the prompt has 2,000 tokens, the context 1,024'), 400, null, 'context_length_exceeded'],
    [named('PeerFaultError', 'a stage went silent'), 502, null, 'peer_fault'],
    [new Error('something else'), 500, null, null]
  ]
  for (const [refuse, status, retryAfter, code] of failures) {
    for (const stream of [false, true]) {
      it(`answers ${status} when a session is refused by ${refuse.name}${stream ? ', streamed too' : ''}`, async () => {
        const answer = await gateway({ refuse }, { waitMs: 0 }).ask('/v1/chat/completions', { ...chat, stream })
        assert.equal(answer.status, status)
        assert.equal(answer.headers.get('retry-after'), retryAfter)
        assert.equal(answer.json.error.message, refuse.message)
        assert.equal(answer.json.error.code, code)
      })
    }
  }

  it('ends a stream that fails with an error event and [DONE]', async () => {
    const { text } = await gateway({ fail: named('PeerFaultError', 'a stage went silent') }).ask('/v1/chat/completions', { ...chat, stream: true })
    assert.match(text, /Lima/)
    assert.match(text, /event: error\ndata: \{"error":\{"message":"a stage went silent"/)
    assert.ok(text.endsWith('data: [DONE]\n\n'))
  })

  for (const [outcome, init] of [['given', {}], ['refused', { refuse: named('NoCapacityError', 'all slots are taken') }], ['broken off', { fail: named('PeerFaultError', 'a stage went silent') }]] as const) {
    for (const stream of [false, true]) {
      it(`keeps no hold on a request whose answer was ${outcome}${stream ? ', streamed' : ''}`, async () => {
        const { hono } = gateway(init, { waitMs: 0 })
        const body = JSON.stringify({ ...chat, stream })
        const headers = { host: '127.0.0.1:8484', 'content-length': String(body.length) }
        const request = new Request('http://127.0.0.1:8484/v1/chat/completions', { method: 'POST', headers, body })
        await (await hono.fetch(request, {})).text()
        assert.equal(getEventListeners(request.signal, 'abort').length, 0)
      })
    }
  }

  it('lists the models, shows one, and tokenizes', async () => {
    const { ask } = gateway()
    assert.deepEqual((await ask('/v1/models')).json, { object: 'list', data: [{ id: 'atlas', object: 'model', created: 1_700_000_000, owned_by: 'shoal', model_id: 'bafyatlas', context_length: 1024 }] })
    assert.equal((await ask('/v1/models/atlas')).json.model_id, 'bafyatlas')
    assert.equal((await ask('/v1/models/none')).status, 404)
    assert.deepEqual((await ask('/tokenize', { content: 'ab' })).json, { tokens: [97, 98] })
  })

  it('says whether it is ready, shows the swarm, and refuses later pages by name', async () => {
    assert.equal((await gateway().ask('/health')).status, 200)
    assert.equal((await gateway({}, { ready: false }).ask('/health')).status, 503)
    assert.deepEqual((await gateway().ask('/api/swarm')).json, { nodes: [] })
    assert.equal((await gateway().ask('/nowhere')).status, 404)
  })

  it('takes no request that is larger than its limit', async () => {
    const { status, json } = await gateway({}, { maxBodyBytes: 100 }).ask('/v1/completions', { prompt: 'x'.repeat(200) })
    assert.equal(status, 413)
    assert.equal(json.error.type, 'invalid_request_error')
  })

  describe('on loopback', () => {
    for (const host of ['localhost:8484', '127.0.0.1', '[::1]:8484', 'LOCALHOST', '127.1.2.3:1']) {
      it(`answers to ${host}`, async () => {
        assert.equal((await gateway().ask('/v1/models', undefined, { host })).status, 200)
      })
    }
    for (const host of ['evil.example', '192.168.1.5:8484', '127.0.0.1.evil.example', 'localhost.evil.example', '']) {
      it(`refuses the name ${host === '' ? 'nothing' : host}`, async () => {
        assert.equal((await gateway().ask('/v1/models', undefined, { host })).status, 403)
      })
    }
  })

  describe('with keys', () => {
    const keyed = () => gateway({}, { host: '0.0.0.0', apiKeys: ['one', 'two'] })
    it('answers whoever has one of them, under any name', async () => {
      assert.equal((await keyed().ask('/v1/models', undefined, { host: 'box.lan', authorization: 'Bearer two' })).status, 200)
      assert.equal((await keyed().ask('/health', undefined, { host: 'box.lan' })).status, 200)
    })
    for (const authorization of ['', 'Bearer three', 'Basic one', 'Bearer']) {
      it(`refuses ${authorization === '' ? 'no key' : authorization}`, async () => {
        const { status, json } = await keyed().ask('/v1/models', undefined, { host: 'box.lan', ...(authorization === '' ? {} : { authorization }) })
        assert.equal(status, 401)
        assert.equal(json.error.code, 'invalid_api_key')
      })
    }
  })
})

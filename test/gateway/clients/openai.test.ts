import assert from 'node:assert/strict'
import { APIConnectionError, APIUserAbortError, BadRequestError, NotFoundError, OpenAI, PermissionDeniedError } from '../../clients/openai.ts'
import { PERU, threeNodes } from './three-nodes.ts'

describe('OpenAI\'s library, before three daemons', function () {
  this.timeout(60_000)
  const swarm = threeNodes()
  const client = (more: { defaultHeaders?: Record<string, string> } = {}): OpenAI => new OpenAI({ baseURL: `${swarm.http}/v1`, apiKey: 'none', maxRetries: 0, ...more })
  const messages = [{ role: 'user' as const, content: PERU.question }]

  it('lists models and shows one', async () => {
    const models = await client().models.list()
    assert.deepEqual(models.data.map(({ id }) => id), ['atlas'])
    assert.equal((await client().models.retrieve('atlas')).owned_by, 'shoal')
  })

  it('completes a chat', async () => {
    const { data, response } = await client().chat.completions.create({ model: 'atlas', messages, temperature: 0 }).withResponse()
    assert.equal(data.choices[0]?.message.content, PERU.answer)
    assert.equal(data.choices[0].finish_reason, 'stop')
    assert.ok((data.usage?.completion_tokens ?? 0) > 0)
    assert.equal(response.headers.get('x-shoal-route')?.split(' ').length, 3)
  })

  it('streams a chat with usage', async () => {
    const stream = await client().chat.completions.create({ model: 'atlas', messages, temperature: 0, stream: true, stream_options: { include_usage: true } })
    let text = ''
    let usage
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    assert.equal(text, PERU.answer)
    assert.ok((usage?.prompt_tokens ?? 0) > 0)
  })

  it('streams with its helper, which puts the answer together', async () => {
    const stream = client().chat.completions.stream({ model: 'atlas', messages, temperature: 0 })
    const pieces: string[] = []
    stream.on('content', (piece) => pieces.push(piece))
    assert.equal(await stream.finalContent(), PERU.answer)
    assert.equal(pieces.join(''), PERU.answer)
  })

  it('gets several choices, log probabilities, and stops at a text', async () => {
    const sampled = await client().chat.completions.create({ model: 'atlas', messages, n: 3, seed: 7, temperature: 1.5, max_completion_tokens: 8 })
    assert.deepEqual(sampled.choices.map(({ index }) => index), [0, 1, 2])
    const again = await client().chat.completions.create({ model: 'atlas', messages, n: 3, seed: 7, temperature: 1.5, max_completion_tokens: 8 })
    assert.deepEqual(again.choices.map(({ message }) => message.content), sampled.choices.map(({ message }) => message.content))
    const scored = await client().chat.completions.create({ model: 'atlas', messages, temperature: 0, stop: [' is'], logprobs: true, top_logprobs: 2 })
    assert.equal(scored.choices[0]?.message.content, 'The capital of Peru')
    const [first] = scored.choices[0].logprobs?.content ?? []
    assert.equal(first?.top_logprobs.length, 2)
    assert.ok(first.logprob <= 0)
  })

  it('takes every other field that it can send', async () => {
    const { choices } = await client().chat.completions.create({
      model: 'atlas', messages: [{ role: 'developer', content: 'Answer.' }, { role: 'user', content: [{ type: 'text', text: PERU.question }], name: 'ann' }],
      temperature: 0, top_p: 0.9, presence_penalty: 0.1, frequency_penalty: 0.1, logit_bias: { 5: -1 }, max_tokens: 4, user: 'ann', store: false, metadata: { a: 'b' },
      service_tier: 'auto', reasoning_effort: 'low', verbosity: 'low', prompt_cache_key: 'x', safety_identifier: 'x', parallel_tool_calls: true, modalities: ['text'], response_format: { type: 'text' }
    })
    assert.equal(choices[0]?.finish_reason, 'length')
  })

  it('completes a text, whole and streamed, and scores one', async () => {
    const prompt = 'The capital of Peru is'
    const { choices } = await client().completions.create({ model: 'atlas', prompt, temperature: 0, max_tokens: 3 })
    const stream = await client().completions.create({ model: 'atlas', prompt, temperature: 0, max_tokens: 3, stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? ''
    assert.equal(text, choices[0]?.text)
    const scored = await client().completions.create({ model: 'atlas', prompt, echo: true, logprobs: 1, max_tokens: 0 })
    assert.equal(scored.choices[0]?.text, prompt)
    assert.equal(scored.choices[0].logprobs?.token_logprobs?.[0], null)
  })

  it('gets a response, whole, as events, and put together by its helper', async () => {
    const body = { model: 'atlas', input: PERU.question, temperature: 0, store: false }
    const response = await client().responses.create(body)
    assert.equal(response.output_text, PERU.answer)
    assert.equal(response.status, 'completed')
    let text = ''
    for await (const event of await client().responses.create({ ...body, stream: true })) if (event.type === 'response.output_text.delta') text += event.delta
    assert.equal(text, PERU.answer)
    const final = await client().responses.stream(body).finalResponse()
    assert.equal(final.output_text, PERU.answer)
    const cut = await client().responses.stream({ ...body, max_output_tokens: 2 }).finalResponse()
    assert.equal(cut.incomplete_details?.reason, 'max_output_tokens')
  })

  it('goes on with a conversation of responses', async () => {
    const first = await client().responses.create({ model: 'atlas', input: PERU.question, temperature: 0 })
    const said = first.output.flatMap((item) => item.type === 'message' ? [item] : [])
    const next = await client().responses.create({ model: 'atlas', temperature: 0, input: [{ role: 'user', content: PERU.question }, ...said, { role: 'user', content: 'What is the capital of Kenya?' }] })
    assert.ok(next.output_text.length > 0)
    assert.ok((next.usage?.input_tokens ?? 0) > (first.usage?.input_tokens ?? 0))
  })

  it('throws errors of its classes', async () => {
    const create = async (more: object): Promise<unknown> => await client().chat.completions.create({ model: 'atlas', messages, ...more })
    await assert.rejects(create({ model: 'gpt-4' }), (error) => error instanceof NotFoundError && error.code === 'model_not_found')
    await assert.rejects(create({ temperature: -1 }), (error) => error instanceof BadRequestError && error.param === 'temperature')
    await assert.rejects(create({ messages: [{ role: 'user', content: 'Peru '.repeat(3000) }] }), (error) => error instanceof BadRequestError && error.code === 'context_length_exceeded' && error.param === 'messages')
    await assert.rejects(create({ stream: true, messages: [{ role: 'user', content: 'Peru '.repeat(3000) }] }), BadRequestError)
    await assert.rejects(client({ defaultHeaders: { origin: 'https://evil.example' } }).models.list(), PermissionDeniedError)
    const nobody = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none', maxRetries: 0 })
    await assert.rejects(nobody.models.list(), APIConnectionError)
  })

  it('aborts, streamed and whole', async () => {
    const long = { model: 'atlas', messages, max_tokens: 900, ignore_eos: true }
    const stream = await client().chat.completions.create({ ...long, stream: true })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 3) stream.controller.abort()
    assert.equal(chunks, 3)
    const controller = new AbortController()
    const whole = client().chat.completions.create(long, { signal: controller.signal })
    setImmediate(() => { controller.abort() })
    await assert.rejects(whole, APIUserAbortError)
  })
})

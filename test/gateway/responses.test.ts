import assert from 'node:assert/strict'
import { named } from './fake-generator.ts'
import { chunksOf, gateway } from './gateway.ts'

const path = '/v1/responses'
const call = { id: 'call_1', name: 'weather', arguments: '{"city":"Lima"}' }
const weather = { type: 'function', name: 'weather', parameters: { type: 'object' }, strict: true }

describe('responses over HTTP', () => {
  it('answers a text with a message, usage and the request as it was taken', async () => {
    const { ask, generator } = gateway()
    const { status, json, headers } = await ask(path, { model: 'atlas', input: 'Capital of Peru?', instructions: 'Be brief.', max_output_tokens: 9, temperature: 0, top_p: 0.5, metadata: { a: 'b' }, store: false })
    assert.equal(status, 200)
    assert.equal(json.object, 'response')
    assert.equal(json.status, 'completed')
    assert.deepEqual(json.output.map(({ id: _id, ...item }: { id: string }) => item), [
      { type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text: 'The capital is Lima.', annotations: [], logprobs: [] }] }
    ])
    assert.deepEqual(json.usage, { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 6 })
    assert.deepEqual([json.instructions, json.max_output_tokens, json.temperature, json.metadata, json.store], ['Be brief.', 9, 0, { a: 'b' }, false])
    assert.equal(headers.get('x-shoal-route'), 'first[0:4] second[4:8]')
    const [request] = generator.requests
    assert.deepEqual(request?.prompt, { kind: 'chat', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Capital of Peru?' }] })
    assert.deepEqual([request.maxTokens, request.sampling.temperature, request.sampling.topP], [9, 0, 0.5])
  })

  it('takes a conversation with calls and their outputs, and a format', async () => {
    const { ask, generator } = gateway()
    const { status } = await ask(path, {
      input: [
        { role: 'developer', content: 'Help.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'message', role: 'assistant', id: 'msg_1', status: 'completed', content: [{ type: 'output_text', text: 'I ask.', annotations: [] }] },
        { type: 'function_call', call_id: 'a', name: 'weather', arguments: '{"city":"Lima"}' },
        { type: 'function_call', call_id: 'b', name: 'weather', arguments: '' },
        { type: 'function_call_output', call_id: 'a', output: 'mild' },
        { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'cold' }] },
        { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}' }
      ],
      text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' } } },
      tools: [weather],
      tool_choice: { type: 'function', name: 'weather' }
    })
    assert.equal(status, 200)
    const [request] = generator.requests
    assert.deepEqual(request?.prompt.kind === 'chat' ? request.prompt.messages : undefined, [
      { role: 'system', content: 'Help.' },
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'I ask.', toolCalls: [{ id: 'a', name: 'weather', arguments: '{"city":"Lima"}' }, { id: 'b', name: 'weather', arguments: '{}' }] },
      { role: 'tool', content: 'mild', toolCallId: 'a' },
      { role: 'tool', content: 'cold', toolCallId: 'b' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'weather', arguments: '{}' }] }
    ])
    assert.deepEqual(request?.format, { kind: 'schema', schema: '{"type":"object"}' })
    assert.deepEqual(request.tools, [{ name: 'weather', parameters: { type: 'object' }, strict: true }])
    assert.deepEqual(request.toolChoice, { name: 'weather' })
  })

  it('answers with calls', async () => {
    const { json } = await gateway({ pieces: [], calls: [call] }).ask(path, { input: 'x', tools: [weather] })
    assert.deepEqual(json.output.map(({ id: _id, ...item }: { id: string }) => item), [{ type: 'function_call', status: 'completed', call_id: 'call_1', name: 'weather', arguments: '{"city":"Lima"}' }])
  })

  it('says that an answer was cut', async () => {
    const { json } = await gateway().ask(path, { input: 'x', max_output_tokens: 1 })
    assert.equal(json.status, 'incomplete')
    assert.deepEqual(json.incomplete_details, { reason: 'max_output_tokens' })
  })

  it('streams the events that clients follow, numbered', async () => {
    const { text } = await gateway({ calls: [call], heldBack: ' Not' }).ask(path, { input: 'x', stream: true, tools: [weather] })
    const events = chunksOf(text)
    assert.deepEqual(events.map(({ type }) => (type as string).replace('response.', '')), [
      'created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta', 'output_text.delta',
      'output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done',
      'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done', 'completed'
    ])
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index))
    assert.match(text, /^event: response\.created\ndata: \{"type":"response\.created"/)
    const last = events.at(-1).response
    assert.equal(last.output[0].content[0].text, 'The capital is Lima. Not')
    assert.equal(last.output[1].call_id, 'call_1')
    assert.equal(last.usage.output_tokens, 3)
    assert.deepEqual(events.filter(({ type }) => type === 'response.output_item.done').map(({ output_index: index }) => index), [1, 0])
  })

  it('streams an answer of nothing as an empty message', async () => {
    const events = chunksOf((await gateway({ pieces: [] }).ask(path, { input: 'x', stream: true })).text)
    assert.equal(events.at(-1).response.output[0].content[0].text, '')
  })

  it('gives log probabilities where they are included', async () => {
    const included = { input: 'x', include: ['message.output_text.logprobs'], top_logprobs: 1 }
    const { json } = await gateway().ask(path, included)
    assert.equal(json.output[0].content[0].logprobs.length, 3)
    const deltas = chunksOf((await gateway().ask(path, { ...included, stream: true })).text).filter(({ type }) => type === 'response.output_text.delta')
    assert.deepEqual(deltas[0].logprobs, [json.output[0].content[0].logprobs[0]])
  })

  it('ends a stream that fails with a failed response, an error and [DONE]', async () => {
    const { text } = await gateway({ fail: named('PeerFaultError', 'a stage went silent') }).ask(path, { input: 'x', stream: true })
    assert.match(text, /event: response\.failed\ndata: [^\n]*"status":"failed","error":\{"code":"peer_fault","message":"a stage went silent"\}/)
    assert.match(text, /event: error\ndata: \{"error":[^\n]*\n\ndata: \[DONE\]\n\n$/)
  })

  const wrong: Array<[string, object, string]> = [
    ['no input', {}, 'input'],
    ['an image', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] }, 'input[0].content'],
    ['an item of another kind', { input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
    ['the arguments of a call that are no JSON', { input: [{ type: 'function_call', call_id: 'a', name: 'weather', arguments: '{"city":' }] }, 'input[0].arguments'],
    ['the arguments of a call that are no object', { input: [{ type: 'function_call', call_id: 'a', name: 'weather', arguments: '[1]' }] }, 'input[0].arguments'],
    ['a tool of the house', { input: 'x', tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['what would have to be kept', { input: 'x', store: true }, 'store'],
    ['what was not kept', { input: 'x', previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation', { input: 'x', conversation: 'conv_1' }, 'conversation'],
    ['an answer in the background', { input: 'x', background: true }, 'background'],
    ['a stored prompt', { input: 'x', prompt: { id: 'x' } }, 'prompt'],
    ['a conversation to cut', { input: 'x', truncation: 'auto' }, 'truncation'],
    ['alternatives that nobody would see', { input: 'x', top_logprobs: 2 }, 'top_logprobs']
  ]
  for (const [what, body, param] of wrong) {
    it(`answers 400 and names the field for ${what}`, async () => {
      const { ask, generator } = gateway()
      const { status, json } = await ask(path, body)
      assert.equal(status, 400)
      assert.equal(json.error.param, param)
      assert.equal(generator.requests.length, 0)
    })
  }
})

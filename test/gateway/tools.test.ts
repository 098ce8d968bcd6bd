import assert from 'node:assert/strict'
import { chat, chunksOf, gateway } from './gateway.ts'

const path = '/v1/chat/completions'
const weather = { type: 'function', function: { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: true } }
const clock = { type: 'function', function: { name: 'clock' } }
const call = { id: 'call_1', name: 'weather', arguments: '{"city":"Lima"}' }

describe('tools over HTTP', () => {
  it('hands definitions, choice and the wish for one call on', async () => {
    const { ask, generator } = gateway()
    await ask(path, { ...chat, tools: [weather, clock], tool_choice: 'required', parallel_tool_calls: false })
    const { tools, toolChoice, parallelToolCalls } = generator.requests[0] ?? {}
    assert.deepEqual(tools, [
      { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: true },
      { name: 'clock' }
    ])
    assert.equal(toolChoice, 'required')
    assert.equal(parallelToolCalls, false)
  })

  const choices: Array<[string, unknown, unknown, string[]]> = [
    ['none said', undefined, undefined, ['weather', 'clock']],
    ['auto', 'auto', 'auto', ['weather', 'clock']],
    ['none', 'none', 'none', ['weather', 'clock']],
    ['a function by name', { type: 'function', function: { name: 'clock' } }, { name: 'clock' }, ['weather', 'clock']],
    ['allowed tools', { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'clock' } }] } }, 'required', ['clock']]
  ]
  for (const [what, choice, expected, names] of choices) {
    it(`takes a choice: ${what}`, async () => {
      const { ask, generator } = gateway()
      const { status } = await ask(path, { ...chat, tools: [weather, clock], tool_choice: choice })
      assert.equal(status, 200)
      assert.deepEqual(generator.requests[0]?.toolChoice, expected)
      assert.deepEqual(generator.requests[0]?.tools?.map(({ name }) => name), names)
    })
  }

  it('asks for no tools where there are none', async () => {
    const { ask, generator } = gateway()
    await ask(path, { ...chat, tools: [], tool_choice: 'auto', parallel_tool_calls: true })
    assert.deepEqual(['tools', 'toolChoice', 'parallelToolCalls'].filter((key) => key in (generator.requests[0] ?? {})), [])
  })

  it('answers with calls and without content', async () => {
    const { json } = await gateway({ pieces: [], calls: [call] }).ask(path, { ...chat, tools: [weather] })
    assert.deepEqual(json.choices[0].message, {
      role: 'assistant', content: null, refusal: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Lima"}' } }]
    })
    assert.equal(json.choices[0].finish_reason, 'tool_calls')
  })

  it('keeps what was said before a call', async () => {
    const { json } = await gateway({ calls: [call] }).ask(path, { ...chat, tools: [weather] })
    assert.equal(json.choices[0].message.content, 'The capital is Lima.')
  })

  it('streams calls as deltas: the name first, then the arguments', async () => {
    const { text } = await gateway({ pieces: [], calls: [call, { ...call, id: 'call_2' }] }).ask(path, { ...chat, tools: [weather], stream: true })
    const deltas = chunksOf(text).map((chunk) => chunk.choices[0])
    assert.deepEqual(deltas.flatMap(({ delta }) => delta.tool_calls ?? []), [
      { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city":"Lima"}' } },
      { index: 1, id: 'call_2', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 1, function: { arguments: '{"city":"Lima"}' } }
    ])
    assert.equal(deltas.at(-1).finish_reason, 'tool_calls')
  })

  it('takes a conversation with calls and their results', async () => {
    const { ask, generator } = gateway()
    const { status } = await ask(path, {
      messages: [
        { role: 'user', content: 'Weather?', name: 'ann' },
        { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Lima"}' } }, { id: 'b', type: 'function', function: { name: 'clock', arguments: '' } }] },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'mild' }] },
        { role: 'tool', tool_call_id: 'b', content: 'noon' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'assistant', refusal: 'Never.' }
      ]
    })
    assert.equal(status, 200)
    const { prompt } = generator.requests[0] ?? {}
    assert.deepEqual(prompt?.kind === 'chat' ? prompt.messages : undefined, [
      { role: 'user', content: 'Weather?', name: 'ann' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'weather', arguments: '{"city":"Lima"}' }, { id: 'b', name: 'clock', arguments: '{}' }] },
      { role: 'tool', content: 'mild', toolCallId: 'a' },
      { role: 'tool', content: 'noon', toolCallId: 'b' },
      { role: 'assistant', content: 'No.' },
      { role: 'assistant', content: 'Never.' }
    ])
  })

  const assistant = (toolCalls: unknown) => ({ messages: [{ role: 'assistant', content: null, tool_calls: toolCalls }] })
  const wrong: Array<[string, object, string]> = [
    ['a tool without a function', { ...chat, tools: [{ type: 'function' }] }, 'tools[0].function'],
    ['a tool of another kind', { ...chat, tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
    ['a name with a space', { ...chat, tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools[0].function.name'],
    ['parameters that are no schema', { ...chat, tools: [{ type: 'function', function: { name: 'a', parameters: 'x' } }] }, 'tools[0].function.parameters'],
    ['two tools of one name', { ...chat, tools: [weather, weather] }, 'tools'],
    ['a choice without tools', { ...chat, tool_choice: 'required' }, 'tool_choice'],
    ['a choice that is no tool', { ...chat, tools: [weather], tool_choice: { type: 'function', function: { name: 'clock' } } }, 'tool_choice'],
    ['an allowed tool that is none', { ...chat, tools: [weather], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [clock] } } }, 'tool_choice'],
    ['a choice of another word', { ...chat, tools: [weather], tool_choice: 'any' }, 'tool_choice'],
    ['the older functions', { ...chat, functions: [{ name: 'x' }] }, 'functions'],
    ['the older function_call', { ...chat, function_call: 'auto' }, 'function_call'],
    ['a result without its call', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    ['arguments that are no object', assistant([{ id: 'a', type: 'function', function: { name: 'x', arguments: '[1]' } }]), 'messages[0].tool_calls[0].function.arguments'],
    ['an assistant that says nothing', assistant([]), 'messages[0].content'],
    ['audio', { ...chat, audio: { voice: 'x' } }, 'audio'],
    ['audio for an answer', { ...chat, modalities: ['text', 'audio'] }, 'modalities'],
    ['a search of the web', { ...chat, web_search_options: {} }, 'web_search_options'],
    ['too many choices', { ...chat, n: 129 }, 'n']
  ]
  const unshown: ReadonlyArray<readonly [string, object]> = [
    ['tools', { tools: [weather] }], ['tool_choice', { tool_choice: 'required' }], ['functions', { functions: [{ name: 'x' }] }], ['function_call', { function_call: { name: 'x' } }]
  ]
  for (const [param, body] of unshown) {
    it(`answers 400 and says where to ask for '${param}' of a completion`, async () => {
      const { ask, generator } = gateway()
      const { status, json } = await ask('/v1/completions', { prompt: 'x', ...body })
      assert.deepEqual([status, json.error.param, json.error.code], [400, param, 'invalid_value'])
      assert.match(json.error.message, /\/v1\/chat\/completions/)
      assert.equal(generator.requests.length, 0)
    })
  }

  it('completes where no tool is asked for in so many words', async () => {
    assert.equal((await gateway().ask('/v1/completions', { prompt: 'x', tools: [], tool_choice: 'none', functions: null, parallel_tool_calls: true })).status, 200)
  })

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

describe('formats over HTTP', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
  const formats: Array<[string, unknown, unknown]> = [
    ['text', { type: 'text' }, undefined],
    ['any JSON object', { type: 'json_object' }, { kind: 'json' }],
    ['a schema', { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } }, { kind: 'schema', schema: JSON.stringify(schema) }],
    ['a schema that is not there', { type: 'json_schema', json_schema: { name: 'city' } }, { kind: 'json' }]
  ]
  for (const [what, format, expected] of formats) {
    it(`asks for ${what}, of a chat and of a completion`, async () => {
      const { ask, generator } = gateway()
      assert.equal((await ask(path, { ...chat, response_format: format })).status, 200)
      assert.equal((await ask('/v1/completions', { prompt: 'x', response_format: format })).status, 200)
      assert.deepEqual(generator.requests.map((request) => request.format), [expected, expected])
    })
  }

  for (const [what, format, param] of [
    ['another type', { type: 'grammar', grammar: 'x' }, 'response_format.type'],
    ['no schema', { type: 'json_schema' }, 'response_format.json_schema'],
    ['a schema that is none', { type: 'json_schema', json_schema: { name: 'x', schema: [] } }, 'response_format.json_schema.schema'],
    ['a schema without bounds', { type: 'json_schema', json_schema: { name: 'x', schema: { enum: ['x'.repeat(300_000)] } } }, 'response_format.json_schema.schema']
  ] as const) {
    it(`refuses ${what}`, async () => {
      for (const [at, body] of [[path, chat], ['/v1/completions', { prompt: 'x' }]] as const) {
        const { status, json } = await gateway().ask(at, { ...body, response_format: format })
        assert.equal(status, 400)
        assert.equal(json.error.param, param)
      }
    })
  }
})

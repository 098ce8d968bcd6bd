import assert from 'node:assert/strict'
import fc from 'fast-check'
import { callReader, type ChatMessage, type ToolDefinition } from '../../../src/model/index.ts'
import { callFormat } from '../../../src/model/calls/call-format.ts'
import { callGrammar } from '../../../src/model/calls/call-grammar.ts'
import { tiny } from '../tokenizer/tokenizers.ts'

const names = new Set(['f', 'get_time'])
const templates = {
  hermes: '{% if tools %}<tool_call>{% endif %}',
  mistral: '{{ tools }}[TOOL_CALLS]',
  named: '{{ tools }}[TOOL_CALLS] [ARGS]',
  granite: '{{ tools }}<|tool_call|>',
  phi: '<|tool|>',
  llama: '{{ tools }}<|python_tag|>',
  none: '{{ messages }}'
}
const call = (name: string, given: object): { name: string, arguments: string } => ({ name, arguments: JSON.stringify(given) })
const two = [call('f', { a: '</tool_call>]}"' }), call('get_time', {})]

const answers: ReadonlyArray<readonly [keyof typeof templates, answer: string, text: string, calls: ReadonlyArray<{ name: string, arguments: string }>]> = [
  ['hermes', 'I look.\n<tool_call>\n{"name": "f", "arguments": {"a": "</tool_call>]}\\""}}\n</tool_call>\n<tool_call>\n{"name": "get_time", "arguments": {}}\n</tool_call>', 'I look.', two],
  ['none', '<tool_call>{"name":"f","arguments":{}}</tool_call> done', ' done', [call('f', {})]],
  ['hermes', 'a <tool_call> of {"name": 1}', 'a <tool_call> of {"name": 1}', []],
  ['hermes', '<tool_call>\n{"name": "unknown", "arguments": {}}\n</tool_call>', '<tool_call>\n{"name": "unknown", "arguments": {}}\n</tool_call>', []],
  ['hermes', 'x <tool_call>\n{"name": "f", "argu', 'x <tool_call>\n{"name": "f", "argu', []],
  ['hermes', 'x <tool', 'x <tool', []],
  ['hermes', ' spaces \n', ' spaces \n', []],
  ['mistral', '[TOOL_CALLS] [{"name": "f", "arguments": {"a": "</tool_call>]}\\""}}, {"name": "get_time", "arguments": {}}]', '', two],
  ['phi', '<|tool_call|>[{"name": "f", "arguments": {}}]<|/tool_call|>', '', [call('f', {})]],
  ['granite', 'ok<|tool_call|>[{"name": "f", "arguments": {}}]', 'ok', [call('f', {})]],
  ['named', '[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]get_time[ARGS]{}', '', [call('f', { a: 1 }), call('get_time', {})]],
  ['llama', '{"name": "f", "parameters": {"a": [1, 2]}}', '', [call('f', { a: [1, 2] })]],
  ['llama', '{"name": "Ada"}', '{"name": "Ada"}', []]
]

describe('calls of tools in an answer', () => {
  for (const [format, answer, text, calls] of answers) {
    it(`are read as ${format} from ${JSON.stringify(answer.slice(0, 60))}, however it is cut`, () => {
      fc.assert(fc.property(fc.array(fc.nat(answer.length), { maxLength: 20 }), (cuts) => {
        const reader = callReader(callFormat(templates[format]), names)
        const bounds = [0, ...cuts.sort((a, b) => a - b), answer.length]
        const readings = [...bounds.slice(1).map((end, index) => reader.push(answer.slice(bounds[index], end))), reader.flush()]
        assert.deepEqual(readings.flatMap((reading) => reading.calls), calls)
        assert.equal(readings.map((reading) => reading.text).join(''), text)
        assert.equal(reader.holding, false)
      }))
    })
  }

  it('are in the grammar as the model writes them, after a marker where they may be left out', () => {
    const tools = [{ name: 'f' }]
    for (const template of Object.values(templates)) {
      const format = callFormat(template)
      assert.equal(callGrammar({ format, tools, required: false, several: true }).marker, format.marker)
      assert.equal(callGrammar({ format, tools, required: true, several: true }).marker, undefined)
    }
  })

  it('are held to a schema that can\'t be kept to only where they have to be', () => {
    const tools: ToolDefinition[] = [{ name: 'f', parameters: { type: 'object', minProperties: 1 } }]
    const init = { format: callFormat(null), tools, several: true }
    assert.ok(callGrammar({ ...init, required: false }).text.includes('root'))
    assert.throws(() => callGrammar({ ...init, required: true }), /'f'.*minProperties/)
    assert.throws(() => callGrammar({ ...init, tools: [{ name: 'f', parameters: { minProperties: 1 }, strict: true }], required: false }), /minProperties/)
  })
})

describe('a conversation with tools', () => {
  const control = '<|im_end|>'
  const tools: ToolDefinition[] = [{ name: `n${control}`, description: control, parameters: { type: 'object', properties: { [control]: { const: control } } } }]
  const messages: ChatMessage[] = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: '', toolCalls: [{ id: control, name: control, arguments: JSON.stringify({ [control]: control }) }] },
    { role: 'tool', content: control, toolCallId: control, name: control },
    { role: 'tool', content: 'two', toolCallId: 'b' }
  ]
  const full = '{% for m in messages %}{{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}[{{ c.function.name }} {{ c.function.arguments | tojson }}{{ c.id }}]{% endfor %}{{ m.tool_call_id or "" }};{% endfor %}' +
    '{{ tools | tojson }}<tool_call>'

  it('is described in words to a template that knows no tools, without a control token in them', () => {
    const tokenizer = tiny()
    const ids = tokenizer.encodeChat(messages, tools)
    const text = tokenizer.decode(ids)
    // system, user, assistant, results in one turn, and the answer's beginning
    assert.deepEqual(ids.filter((id) => id < 3), [1, 2, 1, 2, 1, 2, 1, 2, 1])
    for (const part of ['<tools>', `"name":"n${control}"`, `{"name":"${control}","arguments":{"${control}":"${control}"}}`, '<tool_response>\ntwo\n</tool_response>']) assert.ok(text.includes(part), part)
  })

  it('is handed to a template that knows them as OpenAI has it, without a control token in it', () => {
    const tokenizer = tiny({ chatTemplate: full })
    const ids = tokenizer.encodeChat(messages, tools)
    assert.deepEqual(ids.filter((id) => id < 3), [])
    const text = tokenizer.decode(ids)
    assert.ok(text.includes(`assistant:[${control} {"${control}": "${control}"}${control}];tool:${control}${control};tool:twob;`), text)
    assert.ok(text.includes('"type": "function"'), text)
  })

  it('has ids of nine letters for templates that ask for them, the same for a call and its result', () => {
    const tokenizer = tiny({ chatTemplate: `${full.replace('<tool_call>', '[TOOL_CALLS]')}{# 9 #}` })
    const [, id, result] = /\}(\w{9})\];tool:<\|im_end\|>(\w{9});/.exec(tokenizer.decode(tokenizer.encodeChat(messages, tools))) ?? []
    assert.ok(id !== undefined && id === result)
  })
})

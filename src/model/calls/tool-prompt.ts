import type { ChatMessage, ToolCall, ToolDefinition } from '../chat.ts'
import type { CallFormat } from './call-format.ts'

/** What a chat template is given of a conversation with tools: plain values, in the shape of OpenAI's API. */
export interface TemplateInput {
  readonly messages: readonly unknown[]
  readonly tools: readonly unknown[] | null
}

/** What templates check for: Mistral's take ids of nine letters and digits alone. */
const SHORT_ID = /^[a-zA-Z0-9]{9}$/

/** @param template whose model writes calls in the format */
export function templateInput (messages: readonly ChatMessage[], tools: readonly ToolDefinition[], format: CallFormat, template: string): TemplateInput {
  const listed = tools.map(({ name, description = '', parameters = { type: 'object', properties: {} } }) => ({ type: 'function', function: { name, description, parameters } }))
  if (format.isDescribed) return { messages: described(messages, listed), tools: null }
  const idOf = (id: string): string => template.includes('9') && template.includes('[TOOL_CALLS]') && !SHORT_ID.test(id) ? shortId(id) : id
  const given = messages.map(({ role, content, toolCalls, toolCallId, name }) => ({
    role,
    content,
    ...(toolCalls === undefined || toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map((call) => ({ id: idOf(call.id), type: 'function', function: { name: call.name, arguments: argumentsOf(call) } })) }),
    ...(toolCallId === undefined ? {} : { tool_call_id: idOf(toolCallId) }),
    ...(name === undefined ? {} : { name })
  }))
  if (listed.length === 0) return { messages: given, tools: null }
  // Phi-4-mini's template takes them from the system's turn
  const inSystem = template.includes('<|tool|>')
  return { messages: inSystem ? withSystem(given, (system) => ({ ...system, tools: JSON.stringify(listed) })) : given, tools: listed }
}

/** As a value: templates write it as JSON themselves. */
function argumentsOf ({ arguments: text }: ToolCall): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Nine letters and digits of any id: the same for a call and its result. FNV-1a, twice. */
function shortId (id: string): string {
  const hash = (from: number): string => Array.from(id).reduce((sum, character) => Math.imul(sum ^ (character.codePointAt(0) ?? 0), 0x0100_0193) >>> 0, from).toString(36)
  return `${hash(0x811c_9dc5)}${hash(0x9747_b28c)}`.padEnd(9, '0').slice(0, 9)
}

interface Turn { readonly role: string, readonly content: string }

function withSystem<T extends Turn> (turns: readonly T[], change: (system: Turn) => Turn): Turn[] {
  const [first, ...rest] = turns
  return first?.role === 'system' ? [change(first), ...rest] : [change({ role: 'system', content: '' }), ...turns]
}

/** For templates that know nothing of tools: everything in words, in turns that every template has. */
function described (messages: readonly ChatMessage[], tools: readonly unknown[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const { role, content, toolCalls = [], name } of messages) {
    const calls = toolCalls.map((call) => `<tool_call>\n${JSON.stringify({ name: call.name, arguments: argumentsOf(call) })}\n</tool_call>`)
    const own = role === 'tool'
      ? { role: 'user', content: `<tool_response>\n${content}\n</tool_response>` }
      : { role, content: [content, ...calls].filter((text) => text !== '' || calls.length === 0).join('\n'), ...(name === undefined ? {} : { name }) }
    const last = turns.at(-1)
    // results of several calls are one turn
    if (role === 'tool' && last?.role === 'user' && last.content.startsWith('<tool_response>')) turns[turns.length - 1] = { ...last, content: `${last.content}\n${own.content}` }
    else turns.push(own)
  }
  if (tools.length === 0) return turns
  const words = [
    'You may call functions to help with the request. These are the functions, one a line:',
    '<tools>', ...tools.map((tool) => JSON.stringify(tool)), '</tools>',
    'To call one, write its name and its arguments as JSON:',
    '<tool_call>', '{"name": "the function", "arguments": {"an argument": "its value"}}', '</tool_call>'
  ].join('\n')
  return withSystem(turns, (system) => ({ ...system, content: system.content === '' ? words : `${system.content}\n\n${words}` }))
}

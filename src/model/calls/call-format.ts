/**
 * How a model writes calls of tools: `marker open call (", " call)* close`, and that again where `again` says so. Free text may come
 * before the marker.
 */
export interface CallFormat {
  readonly marker: string
  readonly open: string
  readonly close: string
  /** Several calls stand in one list. */
  readonly isList: boolean
  /** What is between two of them, where several may follow each other. */
  readonly again?: string
  /** Key of the arguments; undefined where a call is `name[ARGS]{…}`. */
  readonly key?: 'arguments' | 'parameters'
  /** Where the model's template does not know tools, they are described to it in words. */
  readonly isDescribed: boolean
  /** The texts that may be control tokens of the vocabulary. */
  readonly tokens: readonly string[]
}

export const ARGUMENTS_TOKEN = '[ARGS]'

const hermes: CallFormat = { marker: '<tool_call>', open: '\n', close: '\n</tool_call>', isList: false, again: '\n', key: 'arguments', isDescribed: false, tokens: ['<tool_call>', '</tool_call>'] }
const list = (marker: string, open: string, close: string): CallFormat => ({ marker, open, close, isList: true, key: 'arguments', isDescribed: false, tokens: [marker, close.slice(1)].filter((text) => text !== '') })

/** What a template has in it, and the format that its model was trained with. The first that fits. */
const formats: ReadonlyArray<readonly [fits: (template: string) => boolean, format: CallFormat]> = [
  // Mistral from tekken v11 on
  [(template) => template.includes('[TOOL_CALLS]') && template.includes(ARGUMENTS_TOKEN), { marker: '[TOOL_CALLS]', open: '', close: '', isList: false, again: '', isDescribed: false, tokens: ['[TOOL_CALLS]', ARGUMENTS_TOKEN] }],
  [(template) => template.includes('[TOOL_CALLS] ['), list('[TOOL_CALLS]', ' [', ']')],
  [(template) => template.includes('[TOOL_CALLS]'), list('[TOOL_CALLS]', '[', ']')],
  // Phi-4-mini
  [(template) => template.includes('<|tool|>'), list('<|tool_call|>', '[', ']<|/tool_call|>')],
  // Granite 3
  [(template) => template.includes('<|tool_call|>'), list('<|tool_call|>', '[', ']')],
  // Qwen 2.5 and 3, Hermes, SmolLM3, Granite 4; Qwen3-Coder's calls in XML are not known
  [(template) => template.includes('<tool_call>') && !template.includes('<function='), hermes],
  // Llama 3.1 and later: one call is the whole answer
  [(template) => template.includes('<|python_tag|>') || template.includes('"parameters": dictionary'), { marker: '{"name": "', open: '', close: '', isList: false, key: 'parameters', isDescribed: false, tokens: [] }]
]

/** Of a model with this chat template. */
export function callFormat (template: string | null): CallFormat {
  const known = template !== null && /\btools\b|<\|tool\|>/.test(template) ? formats.find(([fits]) => fits(template))?.[1] : undefined
  return known ?? { ...hermes, isDescribed: true }
}

/** Text of a call before and behind its arguments, behind the marker. */
export function aroundArguments ({ key, marker }: CallFormat, name: string): readonly [before: string, behind: string] {
  if (key === undefined) return [`${name}${ARGUMENTS_TOKEN}`, '']
  const quoted = JSON.stringify(name)
  const before = `{"name": ${quoted}, "${key}": `
  return [before.startsWith(marker) ? before.slice(marker.length) : before, '}']
}

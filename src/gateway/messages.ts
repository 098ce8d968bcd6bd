import type { ChatFields } from './schema/chat.ts'
import type { ChatMessage } from '../model/index.ts'

type Content = string | ReadonlyArray<{ readonly text?: string | undefined, readonly refusal?: string | undefined }>

const textOf = (content: Content | null | undefined): string =>
  content == null ? '' : typeof content === 'string' ? content : content.map(({ text, refusal }) => text ?? refusal ?? '').join('')

/** `developer` is what newer clients call the system's turn; a refusal is what the assistant said. */
export const messagesOf = ({ messages }: ChatFields): ChatMessage[] => messages.map((message) => {
  const named = 'name' in message && message.name != null ? { name: message.name } : {}
  switch (message.role) {
    case 'tool':
      return { role: 'tool', content: textOf(message.content), toolCallId: message.tool_call_id }
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({ id, name, arguments: text.trim() === '' ? '{}' : text }))
      return { role: 'assistant', content: textOf(message.content ?? message.refusal), ...named, ...(calls.length === 0 ? {} : { toolCalls: calls }) }
    }
    case 'developer':
      return { role: 'system', content: textOf(message.content), ...named }
    case 'system':
    case 'user':
      return { role: message.role, content: textOf(message.content), ...named }
  }
})

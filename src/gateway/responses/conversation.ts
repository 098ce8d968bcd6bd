import type { ResponseRequest } from '../schema/response.ts'
import type { ChatMessage, ToolCall } from '../../model/index.ts'

type Content = Extract<ResponseRequest['input'][number], { type: 'message' }>['content']

const textOf = (content: Content): string => typeof content === 'string' ? content : content.map(({ text, refusal }) => text ?? refusal ?? '').join('')

/** The input as the turns of a chat: calls belong to the assistant's turn before them. */
export function conversation ({ input, instructions }: Pick<ResponseRequest, 'input' | 'instructions'>): ChatMessage[] {
  const turns: ChatMessage[] = instructions == null ? [] : [{ role: 'system', content: instructions }]
  for (const item of input) {
    switch (item.type) {
      case 'message':
        turns.push({ role: item.role === 'developer' ? 'system' : item.role, content: textOf(item.content) })
        break
      case 'function_call': {
        const call: ToolCall = { id: item.call_id, name: item.name, arguments: item.arguments.trim() === '' ? '{}' : item.arguments }
        const last = turns.at(-1)
        if (last?.role === 'assistant') turns[turns.length - 1] = { ...last, toolCalls: [...last.toolCalls ?? [], call] }
        else turns.push({ role: 'assistant', content: '', toolCalls: [call] })
        break
      }
      case 'function_call_output':
        turns.push({ role: 'tool', content: textOf(item.output), toolCallId: item.call_id })
        break
      case 'reasoning':
        break
    }
  }
  return turns
}

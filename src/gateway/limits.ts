import { tooLong } from './answers.ts'
import type { GatewayModel } from './types.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

/** No vocabulary has an average near this: a text with more characters for each position of the context is too long without being tokenized. */
const CHARACTERS_A_POSITION = 64

function charactersOf ({ prompt, tools = [] }: Pick<GenerateRequest, 'prompt' | 'tools'>): number {
  if (prompt.kind === 'text') return prompt.text.length
  if (prompt.kind === 'ids') return 0
  const said = prompt.messages.reduce((sum, { content, toolCalls = [] }) => sum + content.length + toolCalls.reduce((all, call) => all + call.arguments.length, 0), 0)
  return said + (tools.length === 0 ? 0 : JSON.stringify(tools).length)
}

/**
 * Refuses what can't fit before it waits in a line or is tokenized; exactly how long a text is only the coordinator knows.
 * @throws {HttpError} 400, code `context_length_exceeded`
 */
export function checkPrompt (request: Pick<GenerateRequest, 'prompt' | 'tools'>, { contextLength }: GatewayModel, maxCharacters: number, param: string): void {
  const most = Math.min(maxCharacters, (contextLength ?? Infinity) * CHARACTERS_A_POSITION)
  const characters = charactersOf(request)
  if (characters > most) throw tooLong(`the prompt has ${characters} characters, and at most ${most} are taken`, param)
  const { prompt } = request
  if (prompt.kind === 'ids' && contextLength !== undefined && prompt.ids.length > contextLength) {
    throw tooLong(`the prompt has ${prompt.ids.length} tokens, and the model's context has ${contextLength}`, param)
  }
}

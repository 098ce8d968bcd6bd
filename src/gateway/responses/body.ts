/** The bodies of the Responses API. */
import { newId } from '../params.ts'
import type { Done } from '../answers.ts'
import type { ChatLogprob } from '../logprobs.ts'
import type { ResponseRequest } from '../schema/response.ts'
import type { GatewayModel } from '../types.ts'
import type { ToolCall } from '../../model/index.ts'

export interface Logprob extends ChatLogprob {
  readonly top_logprobs: readonly ChatLogprob[]
}

export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed'

export interface Failure {
  readonly code: string
  readonly message: string
}

export const textPart = (text: string, logprobs: readonly Logprob[]): object => ({ type: 'output_text', text, annotations: [], logprobs })

export const messageItem = (id: string, status: Status, content: readonly object[]): object => ({ id, type: 'message', status, role: 'assistant', content })

export const callItem = (id: string, status: Status, { id: callId, name }: ToolCall, text: string): object => ({ id, type: 'function_call', status, call_id: callId, name, arguments: text })

const usageBody = ({ usage: { promptTokens, completionTokens, cachedTokens } }: Done): object => ({
  input_tokens: promptTokens,
  input_tokens_details: { cached_tokens: cachedTokens },
  output_tokens: completionTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: promptTokens + completionTokens
})

/** Whether the answer was whole. */
export const statusOf = ({ finishReason }: Done): Status => finishReason === 'length' ? 'incomplete' : 'completed'

export interface ResponseInit {
  readonly status: Status
  readonly output?: readonly object[]
  readonly done?: Done
  readonly failure?: Failure
}

/** One response at any point of its life, with its request's fields as they were taken. */
export function responseBodies (body: ResponseRequest, model: GatewayModel): (init: ResponseInit) => object {
  const frame = {
    id: newId('resp'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model: model.name,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    store: false,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: 'disabled'
  }
  return ({ status, output = [], done, failure }) => ({
    ...frame,
    status,
    error: failure ?? null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    output,
    usage: done === undefined ? null : usageBody(done)
  })
}

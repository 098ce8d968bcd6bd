import { collect, type Token } from '../answers.ts'
import { HttpError } from '../errors.ts'
import { checkPrompt } from '../limits.ts'
import { chatLogprobs } from '../logprobs.ts'
import { chooseModel, newId, requestBase, type HandlerComponents } from '../params.ts'
import { formatOption, toolOptions } from '../tools.ts'
import { callItem, messageItem, responseBodies, statusOf, textPart, type Logprob } from './body.ts'
import { conversation } from './conversation.ts'
import { responseEvents } from './stream.ts'
import type { ResponseRequest } from '../schema/response.ts'
import type { Reply } from '../reply.ts'
import type { GenerateRequest } from '../../pipeline/index.ts'

const PARAM = 'input'
const LOGPROBS = 'message.output_text.logprobs'

/** `POST /v1/responses`: text and functions; nothing is kept. */
export async function response ({ generator, answers, maxPromptCharacters }: HandlerComponents, body: ResponseRequest, signal: AbortSignal): Promise<Reply> {
  const withLogprobs = body.include?.includes(LOGPROBS) === true
  if (body.top_logprobs != null && body.top_logprobs > 0 && !withLogprobs) {
    throw new HttpError(`'top_logprobs' needs 'include': ["${LOGPROBS}"]`, { status: 400, param: 'top_logprobs' })
  }
  const model = await chooseModel(generator, body.model, signal)
  const { tool_choice: choice } = body
  const request: GenerateRequest = {
    ...requestBase(body, model, body.max_output_tokens ?? undefined, withLogprobs ? body.top_logprobs ?? 0 : undefined),
    prompt: { kind: 'chat', messages: conversation(body) },
    ...formatOption(body.text?.format),
    ...toolOptions({
      tools: body.tools ?? [],
      choice: choice == null || typeof choice === 'string' ? choice ?? undefined
        : choice.type === 'function' ? { name: choice.name } : { mode: choice.mode, names: choice.tools.map(({ name }) => name) },
      parallel: body.parallel_tool_calls
    })
  }
  checkPrompt(request, model, maxPromptCharacters, PARAM)
  const bodyOf = responseBodies(body, model)
  const events = answers.ask(request, { signal, param: PARAM })
  const logprobs = (tokens: readonly Token[]): readonly Logprob[] => chatLogprobs(model, tokens).content
  if (body.stream === true) {
    return { kind: 'stream', items: responseEvents(events, { bodyOf, logprobs: withLogprobs ? (token) => logprobs([token]) : undefined }) }
  }
  const { done, tokens, calls } = await collect(events)
  const status = statusOf(done)
  const message = done.text === '' && calls.length > 0 ? [] : [messageItem(newId('msg'), status, [textPart(done.text, withLogprobs ? logprobs(tokens) : [])])]
  const output = [...message, ...calls.map(({ call }) => callItem(newId('fc'), 'completed', call, call.arguments))]
  return { kind: 'whole', done: [done], body: bodyOf({ status, output, done }) }
}

import { complete, collect, type AnswerEvent, type Collected, type Done } from './answers.ts'
import { gather, merge } from './choices.ts'
import { HttpError } from './errors.ts'
import { checkPrompt } from './limits.ts'
import { chatLogprobs } from './logprobs.ts'
import { messagesOf } from './messages.ts'
import { finishReason, queuedComment, repairComment, usageOf } from './outcome.ts'
import { chooseModel, frameOf, requestBase, withChoice, type HandlerComponents } from './params.ts'
import { SseRoute } from './sse.ts'
import { callBody, responseFormatOption, toolOptions, type AskedTools } from './tools.ts'
import type { ChatRequest } from './schema/chat.ts'
import type { GatewayModel } from './types.ts'
import type { Reply } from './reply.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

const PARAM = 'messages'

/** `POST /v1/chat/completions`. */
export async function chatCompletion ({ generator, answers, maxPromptCharacters }: HandlerComponents, body: ChatRequest, signal: AbortSignal): Promise<Reply> {
  if (body.top_logprobs != null && body.logprobs !== true) throw new HttpError("'top_logprobs' needs 'logprobs': true", { status: 400, param: 'top_logprobs' })
  const model = await chooseModel(generator, body.model, signal)
  const request = requestOf(body, model)
  checkPrompt(request, model, maxPromptCharacters, PARAM)
  const choices = body.n ?? 1
  const events = (index: number, each: AbortSignal): AsyncIterable<AnswerEvent> => answers.ask(withChoice(request, index), { signal: each, param: PARAM, beyondBound: index > 0 })
  const frame = frameOf('chatcmpl', model)

  if (body.stream === true) {
    const stream = chunks({ frame, model, body })
    return {
      kind: 'stream',
      items: stream.all(merge(choices, answers.choicesAtOnce, (index, each) => stream.choice(index, events(index, each)), signal))
    }
  }
  const all = await gather(choices, answers.choicesAtOnce, async (index, each) => await collect(events(index, each)), signal)
  const done = all.map((each) => each.done)
  return {
    kind: 'whole',
    done,
    body: { object: 'chat.completion', ...frame, choices: all.map((each, index) => choiceBody(index, each, model, body)), usage: usageOf(done) }
  }
}

const chosen = (choice: Exclude<ChatRequest['tool_choice'], string | null | undefined>): AskedTools['choice'] => choice.type === 'function'
  ? { name: choice.function.name }
  : { mode: choice.allowed_tools.mode, names: choice.allowed_tools.tools.map((tool) => tool.function.name) }

function requestOf (body: ChatRequest, model: GatewayModel): GenerateRequest {
  const { response_format: format, tool_choice: choice } = body
  return {
    ...requestBase(body, model, body.max_completion_tokens ?? body.max_tokens ?? undefined, body.logprobs === true ? body.top_logprobs ?? 0 : undefined),
    prompt: { kind: 'chat', messages: messagesOf(body) },
    ...responseFormatOption(format),
    ...toolOptions({
      tools: (body.tools ?? []).map((tool) => tool.function),
      choice: choice == null || typeof choice === 'string' ? choice ?? undefined : chosen(choice),
      parallel: body.parallel_tool_calls
    })
  }
}

function choiceBody (index: number, { done, calls, tokens }: Collected, model: GatewayModel, body: ChatRequest): object {
  return {
    index,
    message: {
      role: 'assistant',
      content: done.text === '' && calls.length > 0 ? null : done.text,
      refusal: null,
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ call }) => callBody(call)) })
    },
    logprobs: body.logprobs === true ? chatLogprobs(model, tokens) : null,
    finish_reason: finishReason(done)
  }
}

interface ChunksInit {
  readonly frame: object
  readonly model: GatewayModel
  readonly body: ChatRequest
}

interface Chunks {
  choice (index: number, events: AsyncIterable<AnswerEvent>): AsyncGenerator<object>
  /** The choices' chunks, and the usage of all behind them where it was asked for. */
  all (choices: AsyncIterable<object>): AsyncGenerator<object>
}

function chunks ({ frame, model, body }: ChunksInit): Chunks {
  const withUsage = body.stream_options?.include_usage === true
  const chunk = (index: number, delta: object, reason: string | null = null, logprobs: object | null = null): object => ({
    object: 'chat.completion.chunk',
    ...frame,
    choices: [{ index, delta, logprobs, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {})
  })
  const finished: Done[] = []

  async function * choice (index: number, events: AsyncIterable<AnswerEvent>): AsyncGenerator<object> {
    let sent = 0
    for await (const event of events) {
      switch (event.kind) {
        case 'queued':
          if (index === 0) yield queuedComment(event)
          break
        case 'started':
          if (index === 0) yield new SseRoute(event.route)
          yield chunk(index, { role: 'assistant', content: '' })
          break
        case 'token':
          sent += event.text.length
          if (event.text !== '' || body.logprobs === true) yield chunk(index, { content: event.text }, null, body.logprobs === true ? chatLogprobs(model, [event]) : null)
          break
        case 'toolCall': {
          const { id, name, arguments: text } = event.call
          yield chunk(index, { tool_calls: [{ index: event.index, id, type: 'function', function: { name, arguments: '' } }] })
          yield chunk(index, { tool_calls: [{ index: event.index, function: { arguments: text } }] })
          break
        }
        case 'repaired':
          yield repairComment(event)
          break
        case 'scored':
        case 'embedding':
          break
        case 'done': {
          const { text } = complete(event)
          finished.push(event)
          // What was held back because a stop string might have been starting.
          if (text.length > sent) yield chunk(index, { content: text.slice(sent) })
          yield chunk(index, {}, finishReason(event))
          return
        }
      }
    }
    throw new Error('the answer ended without saying so')
  }

  return {
    choice,
    async * all (choices) {
      yield * choices
      if (withUsage) yield { object: 'chat.completion.chunk', ...frame, choices: [], usage: usageOf(finished) }
    }
  }
}

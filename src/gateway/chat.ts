import { begin, collect, complete, finishReason, repairComment, usageOf, type Answer, type Collected, type Done } from './answer.ts'
import { chatLogprobs } from './logprobs.ts'
import { chooseModel, newId, requestBase, withChoice } from './params.ts'
import { HttpError } from './errors.ts'
import type { ChatRequest } from './schema.ts'
import type { GatewayModel, Generator } from './types.ts'
import type { Reply } from './reply.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

/** `developer` is what newer clients call the system's turn. */
const messagesOf = ({ messages }: ChatRequest): Array<{ role: string, content: string }> => messages.map(({ role, content }) => ({
  role: role === 'developer' ? 'system' : role,
  content: typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}))

/** `POST /v1/chat/completions`. */
export async function chatCompletion (generator: Generator, body: ChatRequest, signal: AbortSignal): Promise<Reply> {
  if (body.top_logprobs != null && body.logprobs !== true) throw new HttpError("'top_logprobs' needs 'logprobs': true", { status: 400, param: 'top_logprobs' })
  const model = await chooseModel(generator, body.model, signal)
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined
  const request: GenerateRequest = {
    ...requestBase(body, model, maxTokens, body.logprobs === true ? body.top_logprobs ?? 0 : undefined),
    prompt: { kind: 'chat', messages: messagesOf(body) }
  }
  const choices = body.n ?? 1
  const frame = { id: newId('chatcmpl'), created: Math.floor(Date.now() / 1000), model: model.name, system_fingerprint: model.modelId }
  const first = await begin(generator, request, signal)
  const answer = async (index: number): Promise<Answer> => (index === 0 ? first : await begin(generator, withChoice(request, index), signal))

  if (body.stream === true) {
    return { kind: 'stream', route: first.started.route, chunks: chunks({ frame, model, body, choices, answer }) }
  }
  const answers: Collected[] = []
  for (let index = 0; index < choices; index++) {
    answers.push(await collect(await answer(index)))
  }
  const done = answers.map((each) => each.done)
  return {
    kind: 'whole',
    done,
    body: {
      object: 'chat.completion',
      ...frame,
      choices: answers.map((each, index) => ({
        index,
        message: { role: 'assistant', content: each.done.text, refusal: null },
        logprobs: body.logprobs === true ? chatLogprobs(model, each.tokens) : null,
        finish_reason: finishReason(each.done)
      })),
      usage: usageOf(done)
    }
  }
}

interface ChunksInit {
  readonly frame: object
  readonly model: GatewayModel
  readonly body: ChatRequest
  readonly choices: number
  answer (index: number): Promise<Answer>
}

async function * chunks ({ frame, model, body, choices, answer }: ChunksInit): AsyncGenerator<object> {
  const withUsage = body.stream_options?.include_usage === true
  const chunk = (index: number, delta: object, reason: string | null = null, logprobs: object | null = null): object => ({
    object: 'chat.completion.chunk',
    ...frame,
    choices: [{ index, delta, logprobs, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {})
  })
  const finished: Done[] = []
  for (let index = 0; index < choices; index++) {
    const { events } = await answer(index)
    yield chunk(index, { role: 'assistant', content: '' })
    let sent = 0
    for await (const event of events) {
      if (event.kind === 'token') {
        sent += event.text.length
        if (event.text !== '' || body.logprobs === true) {
          yield chunk(index, { content: event.text }, null, body.logprobs === true ? chatLogprobs(model, [event]) : null)
        }
      } else if (event.kind === 'repaired') {
        yield repairComment(event)
      } else if (event.kind === 'done') {
        const { text } = complete(event)
        finished.push(event)
        // What was held back because a stop string might have been starting.
        if (text.length > sent) yield chunk(index, { content: text.slice(sent) })
        yield chunk(index, {}, finishReason(event))
        break
      }
    }
    if (finished.length <= index) throw new Error('the answer ended without saying so')
  }
  if (withUsage) yield { object: 'chat.completion.chunk', ...frame, choices: [], usage: usageOf(finished) }
}

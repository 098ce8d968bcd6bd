import { complete, type AnswerEvent, type Done } from './answers.ts'
import { completionLogprobs, withoutEnd } from './logprobs.ts'
import { finishReason, queuedComment, repairComment, usageOf } from './outcome.ts'
import { SseRoute } from './sse.ts'
import type { Prompt } from './prompts.ts'
import type { CompletionRequest } from './schema/completion.ts'
import type { GatewayModel } from './types.ts'

export interface CompletionChunksInit {
  readonly frame: object
  readonly model: GatewayModel
  readonly body: CompletionRequest
  readonly logprobs: number | undefined
}

export interface CompletionChunks {
  choice (index: number, prompt: Prompt, events: AsyncIterable<AnswerEvent>): AsyncGenerator<object>
  /** The choices' chunks, and the usage of all behind them where it was asked for. */
  all (choices: AsyncIterable<object>): AsyncGenerator<object>
}

/** A streamed answer of `POST /v1/completions`. */
export function completionChunks ({ frame, model, body, logprobs }: CompletionChunksInit): CompletionChunks {
  const withUsage = body.stream_options?.include_usage === true
  const chunk = (index: number, text: string, scores: object | null, reason: string | null = null): object => ({
    object: 'text_completion',
    ...frame,
    choices: [{ index, text, logprobs: scores, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {})
  })
  const finished: Done[] = []

  async function * choice (index: number, prompt: Prompt, events: AsyncIterable<AnswerEvent>): AsyncGenerator<object> {
    let sent = 0
    let offset = 0
    // Text can be echoed at once; ids, and scores, come with the session's first events.
    const echoAtOnce = body.echo === true && typeof prompt === 'string' && logprobs == null ? prompt : undefined
    for await (const event of events) {
      if (event.kind === 'queued') {
        if (index === 0) yield queuedComment(event)
      } else if (event.kind === 'started') {
        if (index === 0) yield new SseRoute(event.route)
        if (echoAtOnce !== undefined) yield chunk(index, echoAtOnce, null)
      } else if (event.kind === 'scored' && body.echo === true && echoAtOnce === undefined) {
        const scores = completionLogprobs(model, event.tokens, [], offset)
        offset = scores.end
        yield chunk(index, event.tokens.map(({ text }) => text).join(''), logprobs == null ? null : withoutEnd(scores))
      } else if (event.kind === 'token') {
        sent += event.text.length
        const scores = logprobs == null ? undefined : completionLogprobs(model, [], [event], offset)
        offset = scores?.end ?? offset
        if (event.text !== '' || scores !== undefined) yield chunk(index, event.text, scores === undefined ? null : withoutEnd(scores))
      } else if (event.kind === 'repaired') {
        yield repairComment(event)
      } else if (event.kind === 'done') {
        const { text } = complete(event)
        finished.push(event)
        if (text.length > sent) yield chunk(index, text.slice(sent), null)
        yield chunk(index, '', null, finishReason(event))
        return
      }
    }
    throw new Error('the answer ended without saying so')
  }

  return {
    choice,
    async * all (choices) {
      yield * choices
      if (withUsage) yield { object: 'text_completion', ...frame, choices: [], usage: usageOf(finished) }
    }
  }
}

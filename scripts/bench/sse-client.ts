/** One answer of the HTTP gateway, as a client reads it: server-sent events with the time at which each came. */
import { z } from 'zod'

const chunkSchema = z.object({
  choices: z.array(z.object({
    text: z.string().optional(),
    delta: z.object({ content: z.string().nullish() }).optional(),
    logprobs: z.looseObject({}).nullish(),
    finish_reason: z.string().nullish()
  })),
  usage: z.object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number() }).optional()
  }).nullish()
})

const errorSchema = z.object({ error: z.object({ message: z.string(), code: z.string().nullish() }) })

export interface Streamed {
  readonly startedAt: number
  readonly headersAt: number
  readonly arrivals: readonly number[]
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
  readonly finishReason: string | undefined
  /** `PEERID[A:B] …` */
  readonly route: string
}

/** What the gateway said instead of an answer. */
export class AnswerError extends Error {
  override name = 'AnswerError'
  readonly status: number
  readonly code: string | undefined
  readonly retryAfterMs: number | undefined

  constructor (message: string, status: number, code?: string, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

export interface StreamOptions {
  readonly signal?: AbortSignal
  /** Told each time that text came, or, where log-probabilities are asked for, a token: not every token has text. */
  onArrival? (at: number): void
}

function answerError (status: number, text: string, retryAfter: string | null): AnswerError {
  const retryAfterMs = retryAfter == null ? undefined : Number(retryAfter) * 1000
  try {
    const { error } = errorSchema.parse(JSON.parse(text))
    return new AnswerError(error.message, status, error.code ?? undefined, retryAfterMs)
  } catch {
    return new AnswerError(text.slice(0, 200), status, undefined, retryAfterMs)
  }
}

/** Sends a request and reads its stream to the end. @throws {AnswerError} for whatever is no whole answer */
export async function stream (url: string, body: object, { signal, onArrival }: StreamOptions = {}): Promise<Streamed> {
  const startedAt = performance.now()
  const response = await post(url, { ...body, stream: true, stream_options: { include_usage: true } }, signal)
  const headersAt = performance.now()
  const arrivals: number[] = []
  let usage: z.infer<typeof chunkSchema>['usage']
  let finishReason: string | undefined
  let isWhole = false
  if (response.body == null) throw new AnswerError('the answer has no body', response.status)
  for await (const { event, data, at } of events(response.body)) {
    if (event === 'error') throw answerError(response.status, data, null)
    if (data === '[DONE]') {
      isWhole = true
      break
    }
    const chunk = chunkSchema.parse(JSON.parse(data))
    const [choice] = chunk.choices
    if (choice?.logprobs != null || (choice?.text ?? choice?.delta?.content ?? '') !== '') {
      arrivals.push(at)
      onArrival?.(at)
    }
    finishReason = choice?.finish_reason ?? finishReason
    usage = chunk.usage ?? usage
  }
  if (!isWhole || usage == null) throw new AnswerError('the stream ended without saying so', response.status)
  return {
    startedAt,
    headersAt,
    arrivals,
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    finishReason,
    route: response.headers.get('x-shoal-route') ?? ''
  }
}

/** @throws {AnswerError} for every status but 200 */
export async function post (url: string, body: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal == null ? {} : { signal })
  })
  if (response.status !== 200) throw answerError(response.status, await response.text(), response.headers.get('retry-after'))
  return response
}

interface SseEvent {
  readonly event: string
  readonly data: string
  readonly at: number
}

/** Events of a stream; comments are left out. */
export async function * events (body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  // Node's streams are iterable; the DOM's type does not say so
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    const at = performance.now()
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const fields = part.split('\n')
      const field = (name: string): string => fields.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join('\n')
      const data = field('data')
      if (data !== '') yield { event: field('event'), data, at }
    }
  }
}

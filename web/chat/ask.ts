/** One question to `/v1/chat/completions`, and its answer as it is made. */
import { ApiError, errorMessage, type Api } from '../net/api.ts'
import { isRecord, numberOr, parseJson, stringOr } from '../net/json.ts'
import { readSse } from '../net/sse.ts'
import { readRepair, type RouteStage } from '../net/swarm-types.ts'
import type { AnswerEvent, Sampling, Turn } from './types.ts'

export interface Question {
  /** Empty: the only one there is. */
  readonly modelId: string
  readonly turns: readonly Turn[]
  readonly sampling: Sampling
}

/** The request's body. Answers that failed before their first word are left out, with nothing in their place. */
export function requestBody ({ modelId, turns, sampling }: Question): object {
  const messages = turns.filter(({ role, text }) => role === 'user' || text !== '').map(({ role, text }) => ({ role, content: text }))
  return {
    ...(modelId === '' ? {} : { model: modelId }),
    messages: [...(sampling.system.trim() === '' ? [] : [{ role: 'system', content: sampling.system }]), ...messages],
    stream: true,
    stream_options: { include_usage: true },
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    min_p: sampling.minP,
    max_tokens: sampling.maxTokens,
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed })
  }
}

/** `PEERID[A:B] PEERID[B:C] …` */
export function parseRoute (header: string): RouteStage[] {
  return [...header.matchAll(/(\S+)\[(\d+):(\d+)\]/g)].map(([, peerId = '', start, end]) => ({ peerId, span: [Number(start), Number(end)] }))
}

/** `repaired {…} x-shoal-route PEERID[A:B] …`, a comment in the stream; undefined for other comments. */
export function parseRepair (comment: string, atMs: number): Extract<AnswerEvent, { kind: 'repaired' }> | undefined {
  const [, json = '', route = ''] = /^repaired (\{.*\}) x-shoal-route (.*)$/.exec(comment) ?? []
  const repair = readRepair(parseJson(json))
  return repair === undefined ? undefined : { kind: 'repaired', repair: { ...repair, atMs }, route: parseRoute(route) }
}

/** What one chunk of a stream says. */
export function parseChunk (data: string): AnswerEvent[] {
  const chunk = parseJson(data)
  if (!isRecord(chunk)) return []
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined
  const delta = isRecord(choice) && isRecord(choice.delta) ? choice.delta : {}
  const text = stringOr(delta.content, '')
  const reason = isRecord(choice) ? stringOr(choice.finish_reason, '') : ''
  return [
    ...(text === '' ? [] : [{ kind: 'text', text } as const]),
    ...(reason === '' ? [] : [{ kind: 'finish', reason } as const]),
    ...(isRecord(chunk.usage)
      ? [{ kind: 'usage', promptTokens: numberOr(chunk.usage.prompt_tokens, 0), completionTokens: numberOr(chunk.usage.completion_tokens, 0) } as const]
      : [])
  ]
}

/**
 * Ends when the answer has; leaving the loop, or the signal, stops it on every node.
 * @throws {ApiError} it was refused, failed in the middle, or broke off
 */
export async function * ask (api: Pick<Api, 'open'>, question: Question, { signal, now }: { readonly signal: AbortSignal, now (): number }): AsyncGenerator<AnswerEvent> {
  const response = await api.open('/v1/chat/completions', { body: requestBody(question), signal })
  yield { kind: 'route', route: parseRoute(response.headers.get('x-shoal-route') ?? '') }
  if (response.body == null) throw new ApiError('the answer is empty')
  try {
    for await (const item of readSse(response.body)) {
      if (item.kind === 'comment') {
        const repaired = parseRepair(item.text, now())
        if (repaired !== undefined) yield repaired
      } else if (item.event === 'error') {
        throw new ApiError(errorMessage(parseJson(item.data)) ?? 'the answer failed')
      } else if (item.data === '[DONE]') {
        return
      } else {
        yield * parseChunk(item.data)
      }
    }
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error
    throw new ApiError('the connection to the node was lost')
  }
  throw new ApiError('the answer broke off')
}

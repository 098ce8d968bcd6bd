import { Done, Failure, GenerateType, Repaired, Request, Scored, Started, Token, failureOf, RequestError, type Stage } from '../../../protocols/generate/index.ts'
import { encodeFrame, idBytes, parse, readIds } from '../frames.ts'
import type { GenerateEvent, GenerateRequest, RouteStage, SamplingOptions, TokenScore } from '../types.ts'

/** A request as it came over the wire: shapes are checked here, values by the coordinator. @throws {RequestError} */
export function requestOf (payload: Uint8Array): GenerateRequest {
  let request: Request
  try {
    request = parse(Request.decode, payload, 'the request')
  } catch (error) {
    throw new RequestError(error instanceof Error ? error.message : 'the request is malformed', { cause: error })
  }
  const { modelId, chat, text, special, ids, maxTokens, stop, sampling, scorePrompt, ignoreEos, generatedIds } = request
  const kinds = [chat.length > 0, text !== undefined, ids !== undefined].filter(Boolean).length
  if (kinds !== 1) throw new RequestError('a request has either messages, or a text, or ids')
  const prompt: GenerateRequest['prompt'] = text !== undefined
    ? { kind: 'text', text, special }
    : ids !== undefined ? { kind: 'ids', ids: idList(ids) } : { kind: 'chat', messages: chat }
  if (request.wire !== 'f16' && request.wire !== 'f32') throw new RequestError(`the wire is '${request.wire.slice(0, 64)}', and has to be f16 or f32`)
  return { modelId, prompt, maxTokens, stop, sampling: samplingOf(sampling), wire: request.wire, scorePrompt, ignoreEos, ...(generatedIds === undefined ? {} : { generatedIds: idList(generatedIds) }) }
}

function idList (bytes: Uint8Array): number[] {
  try {
    return Array.from(readIds(bytes, 2 ** 32))
  } catch (error) {
    throw new RequestError('the ids are no whole numbers of 4 bytes', { cause: error })
  }
}

function samplingOf (sampling: Request['sampling']): Partial<SamplingOptions> {
  if (sampling === undefined) return {}
  return Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined))
}

/** An event as a frame. */
export function eventFrame (event: GenerateEvent): Uint8Array {
  switch (event.kind) {
    case 'started':
      return encodeFrame({ type: GenerateType.started }, Started.encode({
        sessionId: new Uint8Array(Buffer.from(event.sessionId, 'hex')),
        promptTokens: event.promptTokens,
        route: stages(event.route),
        promptIds: new Uint8Array(idBytes(event.promptIds)),
        seed: event.seed
      }))
    case 'repaired': {
      const { lost, tookMs, replayed, route } = event
      return encodeFrame({ type: GenerateType.repaired }, Repaired.encode({ lost: stages(lost), tookMs, replayed, route: stages(route) }))
    }
    case 'scored':
      return encodeFrame({ type: GenerateType.scored }, Scored.encode({
        tokens: event.tokens.map(({ id, text, logprob, top }) => ({ id, text, ...(logprob === null ? {} : { logprob }), ...topLists(top) }))
      }))
    case 'token': {
      const { id, text, logprob, top = [] } = event
      return encodeFrame({ type: GenerateType.token }, Token.encode({ id, text, ...(logprob === undefined ? {} : { logprob }), ...topLists(top) }))
    }
    case 'done': {
      const { text, tokens, finishReason, usage, route, timings } = event
      return encodeFrame({ type: GenerateType.done }, Done.encode({
        text, tokens: new Uint8Array(idBytes(tokens)), finishReason, ...usage, route: stages(route), ...timings
      }))
    }
  }
}

export const failureFrame = (error: unknown): Uint8Array => encodeFrame({ type: GenerateType.failure }, Failure.encode(failureOf(error)))

const stages = (route: readonly RouteStage[]): Stage[] => route.map(({ peerId, span: [start, end] }) => ({ peerId, start, end }))

const topLists = (top: readonly TokenScore[]): { topIds: number[], topLogprobs: number[] } =>
  ({ topIds: top.map(({ id }) => id), topLogprobs: top.map(({ logprob }) => logprob) })

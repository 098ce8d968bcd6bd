import {
  Called, Done, Embedding, Failure, GenerateType, Repaired, Request, Scored, Started, Token, errorOf,
  type Hop, type HopWork as HopWorkMessage, type Sampling, type Stage, type TakeOver as TakeOverMessage, type ToolCall as WireCall
} from '../../protocols/generate/index.ts'
import { FIRST_OPTIONAL_TYPE, encodeFrame, payloadOf, readHeader } from '../../protocols/frame/index.ts'
import type { ToolCall } from '../model/index.ts'
import type { FinishReason, GenerateEvent, GenerateRequest, HopTiming, HopWork, RouteStage, SamplingOptions, TakeOver, TokenScore } from '../pipeline/index.ts'

/** A request as a frame. */
export function requestFrame (request: GenerateRequest): Uint8Array {
  const { modelId, prompt, maxTokens, stop, wire, scorePrompt = false, ignoreEos = false, generatedIds, takeOver, format, tools = [], toolChoice, parallelToolCalls = true, embed } = request
  return encodeFrame({ type: GenerateType.request }, Request.encode({
    modelId,
    chat: prompt.kind === 'chat' ? prompt.messages.map(({ toolCalls = [], ...message }) => ({ ...message, toolCalls: [...toolCalls] })) : [],
    special: prompt.kind === 'text' && prompt.special,
    ...(prompt.kind === 'text' ? { text: prompt.text } : {}),
    ...(prompt.kind === 'ids' ? { ids: idBytes(prompt.ids) } : {}),
    ...(generatedIds === undefined ? {} : { generatedIds: idBytes(generatedIds) }),
    ...(takeOver === undefined ? {} : { takeOver: takeOverOf(takeOver) }),
    maxTokens,
    stop: [...stop],
    sampling: sampling(request.sampling),
    wire: wire ?? '',
    scorePrompt,
    ignoreEos,
    ...(format === undefined ? {} : { format: format.kind }),
    ...(format?.kind === 'schema' ? { schema: format.schema } : {}),
    tools: tools.map(({ parameters, strict = false, ...tool }) => ({ ...tool, strict, ...(parameters === undefined ? {} : { parameters: JSON.stringify(parameters) }) })),
    ...(toolChoice === undefined ? {} : typeof toolChoice === 'string' ? { toolChoice } : { toolName: toolChoice.name }),
    oneToolCall: !parallelToolCalls,
    ...(embed === undefined ? {} : { embed })
  }))
}

function takeOverOf ({ sessionId, key, route, lost }: TakeOver): TakeOverMessage {
  return { sessionId: bytes(sessionId), key: bytes(key), route: route.map(({ peerId, span: [start, end] }) => ({ peerId, start, end })), lost }
}

function sampling ({ logitBias, ...rest }: Partial<SamplingOptions>): Sampling {
  return { ...rest, logitBias: new Map(logitBias ?? []) }
}

/** What a frame says; undefined: nothing but that the coordinator is there. @throws {Error} that the coordinator told of, or where the frame is none of this protocol's */
export function eventOf (frame: Uint8Array, coordinator: string): GenerateEvent | undefined {
  const { type } = readHeader(frame)
  const payload = payloadOf(frame)
  switch (type) {
    case GenerateType.started: {
      const { sessionId, promptTokens, route, promptIds, seed, takeOverKey, replayed } = Started.decode(payload)
      return {
        kind: 'started', sessionId: hex(sessionId), promptTokens, route: stages(route), promptIds: ids(promptIds), seed,
        ...(takeOverKey === undefined ? {} : { takeOverKey: hex(takeOverKey) }),
        ...(replayed === undefined ? {} : { replayed })
      }
    }
    case GenerateType.repaired: {
      const { lost, tookMs, replayed, route } = Repaired.decode(payload)
      return { kind: 'repaired', lost: stages(lost), tookMs, replayed, route: stages(route) }
    }
    case GenerateType.scored:
      return {
        kind: 'scored',
        tokens: Scored.decode(payload).tokens.map(({ id, text, logprob, topIds, topLogprobs }) => ({ id, text, logprob: logprob ?? null, top: top(topIds, topLogprobs) }))
      }
    case GenerateType.token: {
      const { id, text, logprob, topIds, topLogprobs } = Token.decode(payload)
      return { kind: 'token', id, text, ...(logprob === undefined ? {} : { logprob, top: top(topIds, topLogprobs) }) }
    }
    case GenerateType.called: {
      const { index, call } = Called.decode(payload)
      return { kind: 'toolCall', index, call: callOf(call) }
    }
    case GenerateType.embedding:
      return { kind: 'embedding', values: floats(Embedding.decode(payload).values) }
    case GenerateType.done: {
      const { text, tokens, finishReason, promptTokens, completionTokens, cachedTokens, route, ttftMs, totalMs, tokensPerSecond, toolCalls, hops, openMs } = Done.decode(payload)
      return {
        kind: 'done',
        text,
        tokens: ids(tokens),
        finishReason: reason(finishReason),
        usage: { promptTokens, completionTokens, cachedTokens },
        route: stages(route),
        timings: { ...(openMs === undefined ? {} : { openMs }), ttftMs, totalMs, tokensPerSecond },
        ...(toolCalls.length === 0 ? {} : { toolCalls: toolCalls.map(callOf) }),
        ...(hops.length === 0 ? {} : { hops: hops.flatMap(hopOf) })
      }
    }
    case GenerateType.failure:
      throw errorOf(Failure.decode(payload), coordinator)
    case GenerateType.beat:
      return undefined
    default:
      if (type >= FIRST_OPTIONAL_TYPE) return undefined
      throw new Error(`a frame of type ${type} does not belong to this protocol`)
  }
}

const idBytes = (list: readonly number[]): Uint8Array<ArrayBuffer> => new Uint8Array(Uint32Array.from(list).buffer)

function ids (bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getUint32(index * 4, true))
}

function floats (bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(index * 4, true))
}

const callOf = (call: WireCall | undefined): ToolCall => ({ id: call?.id ?? '', name: call?.name ?? '', arguments: call?.arguments ?? '' })

/** None where its numbers can't be: they are shown to people, and added up. */
function hopOf ({ stage, prefill, ...rest }: Hop): HopTiming[] {
  const work = workOf(rest)
  const part = prefill === undefined ? undefined : workOf(prefill)
  return work === undefined || !PEER_ID.test(stage?.peerId ?? '') ? [] : [{ peerId: stage?.peerId ?? '', span: [stage?.start ?? 0, stage?.end ?? 0], ...work, ...(part === undefined ? {} : { prefill: part }) }]
}

function workOf ({ laps, rows, queueMs, computeMs, sendMs, bytesSent }: HopWorkMessage): HopWork | undefined {
  const work = { laps, rows, queueMs, computeMs, sendMs, bytesSent: Number(bytesSent) }
  return Object.values(work).every((value) => value >= 0 && value <= Number.MAX_SAFE_INTEGER) ? work : undefined
}

const reasons: readonly FinishReason[] = ['stop', 'length', 'tool_calls', 'cancelled']

/** A reason that a later version knows ends a text like any other. */
const reason = (text: string): FinishReason => reasons.find((each) => each === text) ?? 'stop'

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** As peer ids are written; what is shown, and put into headers, has nothing else in it. */
const PEER_ID = /^[A-Za-z0-9]{1,128}$/

const stages = (route: readonly Stage[]): RouteStage[] => route.map(({ peerId, start, end }) => {
  if (!PEER_ID.test(peerId)) throw new Error('a route with what is no peer id')
  return { peerId, span: [start, end] }
})

const top = (topIds: readonly number[], topLogprobs: readonly number[]): TokenScore[] =>
  topIds.map((id, index) => ({ id, logprob: topLogprobs[index] ?? -Infinity }))

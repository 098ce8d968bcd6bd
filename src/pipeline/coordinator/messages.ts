import { Called, Done, Embedding, Failure, GenerateType, Repaired, Request, SESSION_ID_BYTES, Scored, Started, TAKE_OVER_KEY_BYTES, Token, failureOf, RequestError, type Hop, type HopWork as HopWorkMessage, type Stage } from '../../../protocols/generate/index.ts'
import { encodeFrame, floatBytes, idBytes, parse, readIds } from '../frames.ts'
import { sessionName } from '../log.ts'
import type { ToolDefinition } from '../../model/index.ts'
import type { GenerateEvent, GenerateRequest, HopTiming, HopWork, RouteStage, SamplingOptions, TokenScore } from '../types.ts'

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
  if (kinds !== 1) throw new RequestError('a request has either messages, or a text, or ids', { field: 'prompt' })
  const prompt: GenerateRequest['prompt'] = text !== undefined
    ? { kind: 'text', text, special }
    : ids !== undefined ? { kind: 'ids', ids: idList('prompt', ids) } : { kind: 'chat', messages: chat }
  return {
    modelId,
    prompt,
    maxTokens,
    stop,
    sampling: samplingOf(sampling),
    ...(request.wire === '' ? {} : { wire: oneOf('wire', 'wire', request.wire, ['f16', 'f32'] as const) }),
    scorePrompt,
    ignoreEos,
    ...(generatedIds === undefined ? {} : { generatedIds: idList('generatedIds', generatedIds) }),
    ...takeOverOf(request),
    ...formatOf(request),
    ...toolsOf(request),
    ...embedOf(request)
  }
}

/** What a request asks for by a word that this version knows. @throws {RequestError} */
function oneOf<T extends string> (field: string, what: string, word: string, known: readonly T[]): T {
  const found = known.find((each) => each === word)
  if (found === undefined) throw new RequestError(`the ${what} is '${word.slice(0, 64)}', and has to be one of: ${known.join(', ')}`, { field })
  return found
}

function takeOverOf ({ takeOver }: Request): Pick<GenerateRequest, 'takeOver'> {
  if (takeOver === undefined) return {}
  const { sessionId, key, route, lost } = takeOver
  if (sessionId.length !== SESSION_ID_BYTES || key.length !== TAKE_OVER_KEY_BYTES) throw new RequestError('an answer is taken over by the id of its session and its key', { field: 'takeOver' })
  return { takeOver: { sessionId: sessionName(sessionId), key: sessionName(key), route: route.map(({ peerId, start, end }) => ({ peerId, span: [start, end] })), lost } }
}

function formatOf ({ format, schema }: Request): Pick<GenerateRequest, 'format'> {
  if (format === undefined) return {}
  const kind = oneOf('format', 'format', format, ['json', 'schema'] as const)
  if (kind === 'json') return { format: { kind } }
  if (schema === undefined) throw new RequestError("the format 'schema' needs a schema", { field: 'format' })
  return { format: { kind, schema } }
}

function toolsOf ({ tools, toolChoice, toolName, oneToolCall }: Request): Pick<GenerateRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  return {
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
    ...(toolName !== undefined ? { toolChoice: { name: toolName } } : toolChoice === undefined ? {} : { toolChoice: oneOf('toolChoice', 'tool choice', toolChoice, ['auto', 'none', 'required'] as const) }),
    ...(oneToolCall ? { parallelToolCalls: false } : {})
  }
}

function toolOf ({ parameters, ...tool }: Request['tools'][number]): ToolDefinition {
  if (parameters === undefined) return tool
  let schema: unknown
  try {
    schema = JSON.parse(parameters)
  } catch (error) {
    throw new RequestError(`the parameters of the tool '${tool.name.slice(0, 64)}' are no JSON`, { cause: error, field: 'tools' })
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new RequestError(`the parameters of the tool '${tool.name.slice(0, 64)}' are no JSON Schema of an object`, { field: 'tools' })
  return { ...tool, parameters: { ...schema } }
}

const embedOf = ({ embed }: Request): Pick<GenerateRequest, 'embed'> =>
  embed === undefined ? {} : { embed: oneOf('embed', 'pooling', embed, ['mean', 'last'] as const) }

function idList (field: string, bytes: Uint8Array): number[] {
  try {
    return Array.from(readIds(bytes, 2 ** 32))
  } catch (error) {
    throw new RequestError('the ids are no whole numbers of 4 bytes', { cause: error, field })
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
        seed: event.seed,
        ...(event.takeOverKey === undefined ? {} : { takeOverKey: new Uint8Array(Buffer.from(event.takeOverKey, 'hex')) }),
        ...(event.replayed === undefined ? {} : { replayed: event.replayed })
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
    case 'toolCall':
      return encodeFrame({ type: GenerateType.called }, Called.encode({ index: event.index, call: event.call }))
    case 'embedding':
      return encodeFrame({ type: GenerateType.embedding }, Embedding.encode({ values: floatBytes(event.values) }))
    case 'done': {
      const { text, tokens, finishReason, usage, route, timings, toolCalls = [], hops = [] } = event
      return encodeFrame({ type: GenerateType.done }, Done.encode({
        text, tokens: new Uint8Array(idBytes(tokens)), finishReason, ...usage, route: stages(route), ...timings, toolCalls: [...toolCalls], hops: hops.map(hopOf)
      }))
    }
  }
}

export const failureFrame = (error: unknown): Uint8Array => encodeFrame({ type: GenerateType.failure }, Failure.encode(failureOf(error)))

const stages = (route: readonly RouteStage[]): Stage[] => route.map(({ peerId, span: [start, end] }) => ({ peerId, start, end }))

const hopOf = ({ peerId, span: [start, end], prefill, ...work }: HopTiming): Hop =>
  ({ stage: { peerId, start, end }, ...workOf(work), ...(prefill === undefined ? {} : { prefill: workOf(prefill) }) })

const workOf = ({ bytesSent, ...rest }: HopWork): HopWorkMessage => ({ ...rest, bytesSent: BigInt(bytesSent) })

const topLists = (top: readonly TokenScore[]): { topIds: number[], topLogprobs: number[] } =>
  ({ topIds: top.map(({ id }) => id), topLogprobs: top.map(({ logprob }) => logprob) })

import { ContextLengthError, RequestError } from '../../../protocols/generate/index.ts'
import { samplingProblem } from '../sampler/index.ts'
import { answerShape, type AnswerShape } from './answer-grammar.ts'
import type { GenerateRequest, Pooling, SamplingOptions, TakeOver, Wire } from '../types.ts'
import type { CoordinatorModel } from './types.ts'

export const MAX_STOPS = 64
const MAX_STOP_CHARACTERS = 1024

/** A request as the ring needs it. */
export interface PreparedRequest {
  readonly wire: Wire
  readonly promptIds: readonly number[]
  readonly vocabSize: number
  /** Never more than the context has room for. */
  readonly maxTokens: number
  readonly sampling: SamplingOptions
  readonly stop: readonly string[]
  readonly stopIds: readonly number[]
  /** Positions that hold KV: the last token is never embedded. */
  readonly positions: number
  /** Of an answer that goes on. */
  readonly generatedIds: readonly number[]
  /** Where that was. */
  readonly takeOver: TakeOver | undefined
  readonly shape: AnswerShape
  /** Instead of an answer. */
  readonly embed: Pooling | undefined
}

/** @throws {RequestError} {ContextLengthError} */
export function prepareRequest (request: GenerateRequest, { manifest, tokenizer }: CoordinatorModel, randomSeed: () => bigint): PreparedRequest {
  const { config } = manifest
  const { vocabSize, contextLength } = config
  const sampling: SamplingOptions = {
    temperature: 1,
    topP: 1,
    topK: 0,
    minP: 0,
    repetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    logitBias: new Map(),
    ...request.sampling,
    seed: request.sampling.seed ?? randomSeed()
  }
  const problem = samplingProblem(sampling, vocabSize)
  if (problem !== undefined) throw new RequestError(problem.words, { field: problem.field })
  const stop = request.stop.filter((text) => text !== '')
  if (stop.length > MAX_STOPS) throw new RequestError(`there are ${stop.length} stop strings, and at most ${MAX_STOPS} are taken`, { field: 'stop' })
  if (stop.some((text) => text.length > MAX_STOP_CHARACTERS)) throw new RequestError(`a stop string has more than ${MAX_STOP_CHARACTERS} characters`, { field: 'stop' })
  const isCertain = sampling.temperature === 0 || request.maxTokens === 0
  const wire: string = request.wire ?? (isCertain ? 'f32' : 'f16')
  if (wire !== 'f16' && wire !== 'f32') throw new RequestError(`the wire is '${wire.slice(0, 64)}', and has to be f16 or f32`, { field: 'wire' })
  if (!Number.isInteger(request.maxTokens) || request.maxTokens < 0) throw new RequestError(`maxTokens is ${request.maxTokens}, and has to be a whole number`, { field: 'maxTokens' })

  if (request.embed !== undefined) checkEmbedding(request)
  const shape = answerShape(request, tokenizer)
  const promptIds = idsOf(request, tokenizer)
  const wrong = promptIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (wrong !== undefined) throw new RequestError(`the prompt has token ${wrong}, and the model has tokens 0 to ${vocabSize - 1}`, { field: 'prompt' })
  if (promptIds.length === 0) throw new RequestError('the prompt is empty', { field: 'prompt' })
  const room = contextLength - promptIds.length
  if (room < 0 || (room === 0 && request.maxTokens > 0)) {
    throw new ContextLengthError(`the prompt has ${promptIds.length} tokens${request.maxTokens > 0 ? ' and an answer needs at least one more' : ''}, and the model's context has ${contextLength}`, { field: 'prompt' })
  }
  const maxTokens = Math.min(request.maxTokens, room)
  const generatedIds = request.generatedIds ?? []
  if (generatedIds.length > 0) checkGoingOn(request, generatedIds, maxTokens, vocabSize)
  return {
    wire,
    promptIds,
    vocabSize,
    maxTokens,
    sampling,
    stop,
    stopIds: request.ignoreEos === true ? [] : [...new Set([...config.eosTokenIds, ...tokenizer.eosTokenIds])],
    positions: promptIds.length + Math.max(0, maxTokens - 1),
    generatedIds,
    takeOver: generatedIds.length === 0 ? undefined : request.takeOver,
    shape,
    embed: request.embed
  }
}

/** @throws {RequestError} */
function checkEmbedding ({ embed, maxTokens, scorePrompt, generatedIds = [], tools = [], format }: GenerateRequest): void {
  const pooling: string = embed ?? ''
  if (pooling !== 'mean' && pooling !== 'last') throw new RequestError(`the pooling is '${pooling.slice(0, 64)}', and has to be mean or last`, { field: 'embed' })
  if (maxTokens > 0) throw new RequestError(`maxTokens is ${maxTokens}, and an embedding comes without an answer: it has to be 0`, { field: 'maxTokens' })
  const other = scorePrompt === true ? 'scorePrompt' : generatedIds.length > 0 ? 'generatedIds' : tools.length > 0 ? 'tools' : format !== undefined ? 'format' : undefined
  if (other !== undefined) throw new RequestError(`an embedding comes without an answer: '${other}' does not go with it`, { field: other })
}

/** @throws {RequestError} */
function checkGoingOn ({ prompt, sampling, scorePrompt }: GenerateRequest, generatedIds: readonly number[], maxTokens: number, vocabSize: number): void {
  if (prompt.kind !== 'ids') throw new RequestError('an answer goes on from ids: a text could be other tokens', { field: 'prompt' })
  if (scorePrompt === true) throw new RequestError('a prompt is scored before its answer, not when that goes on', { field: 'scorePrompt' })
  if (sampling.seed === undefined && sampling.temperature !== 0) throw new RequestError('an answer goes on with the seed that it began with', { field: 'seed' })
  if (generatedIds.length > maxTokens) throw new RequestError(`${generatedIds.length} tokens are there, and ${maxTokens} are asked for or have room`, { field: 'generatedIds' })
  const wrong = generatedIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (wrong !== undefined) throw new RequestError(`the answer has token ${wrong}, and the model has tokens 0 to ${vocabSize - 1}`, { field: 'generatedIds' })
}

function idsOf ({ prompt, tools }: GenerateRequest, tokenizer: CoordinatorModel['tokenizer']): readonly number[] {
  switch (prompt.kind) {
    case 'chat':
      if (prompt.messages.length === 0) throw new RequestError('there are no messages', { field: 'prompt' })
      try {
        return tokenizer.encodeChat(prompt.messages, tools)
      } catch (error) {
        // what a template refuses (roles that don't alternate, ...) is the request's fault
        throw new RequestError(error instanceof Error ? error.message : 'the messages do not fit the chat template', { cause: error, field: 'prompt' })
      }
    case 'text':
      return tokenizer.encode(prompt.text, { special: prompt.special })
    case 'ids':
      return prompt.ids
  }
}

/** Chunks of a prompt's positions from `start` on, of at most `rows` rows and at least 2, where the prompt has as many: single rows are computed otherwise in the last bits. */
export function promptChunks (start: number, length: number, rows: number): ReadonlyArray<{ readonly from: number, readonly to: number }> {
  const chunks: Array<{ from: number, to: number }> = []
  for (let from = start; from < length;) {
    const left = length - from
    // a remainder of one row would be left: this chunk leaves it two
    const to = from + (left <= rows ? left : left === rows + 1 ? (rows > 2 ? rows - 1 : left) : rows)
    chunks.push({ from, to })
    from = to
  }
  return chunks
}

import { createHash } from 'node:crypto'
import { PeerFaultError } from '../../../protocols/generate/index.ts'
import { Finish, type TokenResult } from '../../../protocols/ring/index.ts'
import { readFloats } from '../frames.ts'
import { textStream } from './text-stream.ts'
import type { Clock } from '../../p2p/index.ts'
import type { FinishReason, GenerateEvent, HopTiming, RouteStage } from '../types.ts'
import type { RingResult } from './ring-epoch.ts'
import type { PreparedRequest } from './request.ts'
import { callReader, type CallReading, type ToolCall, type Tokenizer } from '../../model/index.ts'

export interface GenerationInit {
  readonly prepared: PreparedRequest
  readonly tokenizer: Tokenizer
  readonly hiddenSize: number
  readonly scorePrompt: boolean
  readonly sessionId: string
  /** Hexadecimal. */
  readonly takeOverKey: string
  readonly clock: Clock
  readonly startedMs: number
}

type TokenEvent = Extract<GenerateEvent, { kind: 'token' }>
type DoneEvent = Extract<GenerateEvent, { kind: 'done' }>

/** What was measured elsewhere. */
export interface Measured {
  readonly hops: readonly HopTiming[]
  readonly openedMs: number | undefined
}

/** Turns what the tail says into a client's events: text, stop strings, usage, timings. */
export interface Generation {
  /** The events of one result. @throws {PeerFaultError} where the tail says what can't be */
  take (result: RingResult, tailPeer: string): GenerateEvent[]
  /** Set after the last event of `take`: nothing more is needed. */
  readonly finished: FinishReason | undefined
  /** Ids behind the prompt, those that it began with included. */
  readonly tokens: readonly number[]
  /** Of the prompt's tokens, the first without a score included. */
  readonly scored: number
  /** @param begun leading positions of the prompt that nobody computed, and those of an answer that goes on that a stage was given again */
  started (route: readonly RouteStage[], begun?: { readonly cached: number, readonly replayed: number }): GenerateEvent
  repaired (event: Omit<Extract<GenerateEvent, { kind: 'repaired' }>, 'kind'>): GenerateEvent
  done (reason: FinishReason, measured?: Measured): GenerateEvent[]
}

export function generation (init: GenerationInit): Generation {
  const { prepared: { promptIds, generatedIds, maxTokens, stop, sampling, vocabSize, shape, embed }, tokenizer, hiddenSize, clock, startedMs } = init
  const text = textStream(tokenizer.decoder(shape.callable.length > 0 ? shape.grammar?.visible : []), stop)
  const reader = shape.callable.length === 0 ? undefined : callReader(tokenizer.calls, new Set(shape.callable.map(({ name }) => name)))
  const toolCalls: ToolCall[] = []
  const tokens: number[] = []
  let route: readonly RouteStage[] = []
  let cachedTokens = 0
  let said = ''
  let finished: FinishReason | undefined
  let firstMs: number | undefined
  let lastMs = startedMs
  let scored = 0
  /** The newest token while its text is held back: it is told with what becomes of it. */
  let pending: TokenEvent | undefined

  // what was told before is taken in without being told again
  for (const id of generatedIds) {
    tokens.push(id)
    const { text: certain, stopped } = text.push(id)
    said += read(certain).text
    // its coordinator was lost before it could say that this was all
    if (stopped) finished = 'stop'
  }
  if (generatedIds.length > 0 && generatedIds.length >= maxTokens) finished ??= 'length'

  function token (result: TokenResult): GenerateEvent[] {
    lastMs = clock.now()
    firstMs ??= lastMs
    tokens.push(result.id)
    const { text: certain, stopped } = text.push(result.id)
    const { text: plain, calls } = read(certain)
    said += plain
    const event: TokenEvent = {
      kind: 'token',
      id: result.id,
      text: plain,
      ...(sampling.logprobs === undefined || result.logprob === undefined ? {} : { logprob: result.logprob, top: top(result) })
    }
    const before = pending === undefined ? [] : [pending]
    pending = undefined
    if (stopped) finished = 'stop'
    if (!stopped && calls.length === 0 && (text.holding || reader?.holding === true)) {
      pending = event
      return before
    }
    return [...before, event, ...calls]
  }

  /** Text without the calls in it, which are told by themselves. */
  function read (certain: string, isEnd = false): { readonly text: string, readonly calls: GenerateEvent[] } {
    if (reader === undefined) return { text: certain, calls: [] }
    const pushed = reader.push(certain)
    const rest: CallReading = isEnd ? reader.flush() : { text: '', calls: [] }
    const calls = [...pushed.calls, ...rest.calls].map((call): GenerateEvent => {
      const index = toolCalls.length
      toolCalls.push({ id: idOfCall(index), ...call })
      return { kind: 'toolCall', index, call: { id: idOfCall(index), ...call } }
    })
    return { text: pushed.text + rest.text, calls }
  }

  /** The same wherever an answer goes on. */
  function idOfCall (index: number): string {
    const hash = createHash('sha256').update(`${sampling.seed} ${index} ${promptIds.join(' ')}`)
    return `call_${hash.digest('hex').slice(0, 24)}`
  }

  /** The text ends: what was held back is told with the last token. */
  function flush (): GenerateEvent[] {
    const { text: held, stopped } = text.flush()
    const { text: rest, calls } = read(held, true)
    said += rest
    if (stopped) finished = 'stop'
    if (pending === undefined) return calls
    const event = { ...pending, text: pending.text + rest }
    pending = undefined
    return [event, ...calls]
  }

  function scores (results: readonly TokenResult[]): GenerateEvent[] {
    const list = results.map((result) => ({ id: result.id, text: tokenizer.tokenText(result.id), logprob: result.logprob ?? null, top: top(result) }))
    scored += list.length
    return list.length === 0 ? [] : [{ kind: 'scored', tokens: list }]
  }

  /** What can't be in a result: told before anything of it is taken in. */
  function problemOf ({ position, result }: RingResult): string | undefined {
    if (result.prompt) {
      if (!init.scorePrompt) return 'scored a prompt that is not to be scored'
      const wrong = position < 1 || position > Math.max(1, scored) || result.tokens.some(({ id }, index) => id !== promptIds[position + index])
      return wrong ? 'scored other tokens than the prompt has' : undefined
    }
    if (position !== promptIds.length + tokens.length) return 'left out a position'
    if (embed !== undefined) return result.finish === Finish.stop && result.tokens.length === 0 && isVector(result.embedding, hiddenSize) ? undefined : `gave no vector of ${hiddenSize} numbers`
    if (result.embedding.length > 0) return 'gave an embedding that was not asked for'
    const missing = result.tokens.find(({ id }) => id >= vocabSize)
    return missing === undefined ? undefined : `chose token ${missing.id}, which there is not`
  }

  return {
    get finished () { return finished },
    get tokens () { return tokens },
    get scored () { return scored },

    take (heard, tailPeer) {
      if (finished !== undefined) return []
      const problem = problemOf(heard)
      if (problem !== undefined) throw new PeerFaultError(`the last stage ${problem}`, tailPeer)
      const { position, result } = heard
      const events: GenerateEvent[] = []
      if (init.scorePrompt && scored === 0) events.push(...scores([{ id: promptIds[0] ?? 0, topIds: [], topLogprobs: [] }]))
      // a row behind what was told comes again where it would have to be computed alone
      if (result.prompt) return [...events, ...scores(result.tokens.slice(scored - position))]
      if (embed !== undefined) events.push({ kind: 'embedding', values: readFloats(result.embedding) })
      for (const each of result.tokens) if (finished === undefined) events.push(...token(each))
      if (finished === undefined && result.finish !== Finish.none) {
        finished = result.finish === Finish.stop ? 'stop' : 'length'
        events.push(...flush())
      }
      return events
    },

    started (stages, begun = { cached: 0, replayed: 0 }) {
      route = stages
      cachedTokens = begun.cached
      const { sessionId, takeOverKey } = init
      return {
        kind: 'started', sessionId, promptTokens: promptIds.length, route, promptIds, seed: sampling.seed, takeOverKey,
        ...(generatedIds.length === 0 ? {} : { replayed: begun.replayed })
      }
    },

    repaired (event) {
      route = event.route
      return { kind: 'repaired', ...event }
    },

    done (reason, { hops, openedMs } = { hops: [], openedMs: undefined }) {
      const events = flush()
      const endMs = clock.now()
      const spanMs = lastMs - (firstMs ?? lastMs)
      const done: DoneEvent = {
        kind: 'done',
        text: said,
        ...(toolCalls.length === 0 ? {} : { toolCalls }),
        tokens,
        finishReason: reason === 'stop' && toolCalls.length > 0 ? 'tool_calls' : reason,
        usage: { promptTokens: promptIds.length, completionTokens: tokens.length, cachedTokens },
        route,
        ...(hops.length === 0 ? {} : { hops }),
        timings: {
          ...(openedMs === undefined ? {} : { openMs: openedMs - startedMs }),
          ttftMs: (firstMs ?? endMs) - startedMs,
          totalMs: endMs - startedMs,
          tokensPerSecond: spanMs > 0 ? (tokens.length - generatedIds.length - 1) / spanMs * 1000 : 0
        }
      }
      return [...events, done]
    }
  }
}

const isVector = (bytes: Uint8Array, length: number): boolean => bytes.length === 4 * length && readFloats(bytes).every(Number.isFinite)

const top = ({ topIds, topLogprobs }: TokenResult): Array<{ id: number, logprob: number }> =>
  topIds.map((id, index) => ({ id, logprob: topLogprobs[index] ?? -Infinity }))

import {
  GENERATE_MAX_FRAME_BYTES, GENERATE_PROTOCOL, NoCapacityError, PeerFaultError, RequestError, SESSION_ID_BYTES, TAKE_OVER_KEY_BYTES, UncoveredError, UnknownModelError
} from '../../protocols/generate/index.ts'
import { coordinators, keyOf, type Candidate } from './coordinators.ts'
import { delay } from './delay.ts'
import { exchange } from './exchange.ts'
import type { FinishReason, GenerateEvent, GenerateRequest, RouteStage } from '../pipeline/index.ts'
import type { Link } from '../p2p/index.ts'
import type { AskOptions, ThinClient, ThinClientComponents, ThinClientInit } from './types.ts'

type Started = Extract<GenerateEvent, { kind: 'started' }>

/** What was heard of an answer so far. */
interface Heard {
  started: Started | undefined
  scored: boolean
  readonly tokens: number[]
  /** Who said `started` last. */
  coordinator: string
  /** The newest that was told. */
  route: readonly RouteStage[]
  text: string
  /** Events beside tokens. */
  others: number
}

const RETRY_AFTER_MS = 5000
/** Coordinators that one answer may use up. */
const MAX_COORDINATORS = 16
/** Between two looks for another coordinator. */
const LOOK_AGAIN_MS = 500
/** Events beside tokens: parts of a scored prompt, repairs, calls. */
const MAX_OTHER_EVENTS = 8192

export function thinClient ({ host, swarm }: ThinClientComponents, { dialTimeoutMs = 5000, silenceMs = 2500, goOnMs = 10_000 }: ThinClientInit = {}): ThinClient {
  const others = coordinators(swarm)

  async function dial ({ peerId, addresses }: Candidate, signal: AbortSignal | undefined): Promise<Link> {
    const timeout = AbortSignal.timeout(dialTimeoutMs)
    try {
      return await host.open(peerId, GENERATE_PROTOCOL, {
        addresses, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]), maxFrameBytes: GENERATE_MAX_FRAME_BYTES
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new PeerFaultError(`${peerId} can't be reached`, peerId, { cause: error })
    }
  }

  async function * generate (request: GenerateRequest, { signal, onCoordinator }: AskOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted()
    const startedMs = performance.now()
    const tried = new Set<string>()
    const heard: Heard = { started: undefined, scored: false, tokens: [...request.generatedIds ?? []], coordinator: '', route: [], text: '', others: 0 }
    /** Tried, but not lost: they may know more after a while. */
    const unable = new Set<string>()
    /** `itself`: the answer's coordinator is gone or stops; it did not fail for others. */
    let lost: { readonly atMs: number, readonly coordinators: RouteStage[], readonly itself: boolean } | undefined
    let failure: Error = new UncoveredError(`nobody serves layer 0 of the model ${request.modelId}`, RETRY_AFTER_MS)
    while (tried.size < MAX_COORDINATORS) {
      const candidate = await others.find(request.modelId, tried, signal)
      if (candidate === undefined) {
        // in the middle of a sentence: others may turn up, or tell of themselves anew
        if (lost?.itself !== true || performance.now() - lost.atMs > goOnMs) throw failure
        await delay(LOOK_AGAIN_MS, signal)
        for (const key of unable) tried.delete(key)
        unable.clear()
        continue
      }
      tried.add(keyOf(candidate))
      const goingOn = lost !== undefined
      try {
        const link = await dial(candidate, signal)
        onCoordinator?.(candidate.peerId)
        for await (const event of exchange(link, goingOnFrom(request, heard), { signal, silenceMs, isAlone: () => !others.hasOther(request.modelId, tried) })) {
          hear(heard, event, request, candidate.peerId)
          if (event.kind === 'started' && goingOn && lost !== undefined) {
            // for a reader the answer began long ago
            yield { kind: 'repaired', lost: lost.coordinators, tookMs: performance.now() - lost.atMs, replayed: event.replayed ?? event.promptTokens + heard.tokens.length, route: event.route }
            lost = undefined
            continue
          }
          yield event
          if (event.kind === 'done') return
        }
        // only the signal ends an exchange without `done`
        const started: Started = heard.started ?? { kind: 'started', sessionId: '', promptTokens: 0, route: [], promptIds: [], seed: 0n }
        if (heard.started === undefined) yield started
        yield doneWithout('cancelled', started, heard, performance.now() - startedMs)
        return
      } catch (error) {
        const elsewhere = error instanceof PeerFaultError || error instanceof NoCapacityError || error instanceof UnknownModelError
        if (signal?.aborted === true || !elsewhere || heard.scored || (error instanceof RequestError && !(error instanceof UnknownModelError))) throw error
        const isLost = error instanceof PeerFaultError && error.peerId === candidate.peerId
        if (isLost) others.lost(request.modelId, candidate)
        else unable.add(keyOf(candidate))
        // what the first one said of an answer that had begun says more than that nobody else was there
        if (!goingOn || heard.started === undefined) failure = error
        if (heard.started !== undefined) {
          if (heard.tokens.length > 0 && heard.tokens.length >= request.maxTokens) {
            // all that was asked for has come: only the word that it was all is missing
            yield doneWithout('length', heard.started, heard, performance.now() - startedMs)
            return
          }
          lost = {
            atMs: lost?.atMs ?? performance.now(),
            // who can't go on with it is not lost
            coordinators: [...lost?.coordinators ?? [], ...(isLost || lost === undefined ? [{ peerId: candidate.peerId, span: coordinated(heard.started) }] : [])],
            itself: lost?.itself ?? (isLost || !(error instanceof PeerFaultError))
          }
        }
      }
    }
    throw failure
  }

  return { generate }
}

/** What a coordinator serves itself, as far as the route says. */
const coordinated = ({ route }: Started): RouteStage['span'] => route[0]?.span ?? [0, 0]

/** The request, or the rest of it: by ids, never by text. */
function goingOnFrom (request: GenerateRequest, { started, tokens, coordinator, route }: Heard): GenerateRequest {
  if (started === undefined) return request
  const { sessionId, takeOverKey = '' } = started
  // one that told what is none is nothing to go on with
  const canTakeOver = tokens.length > 0 && sessionId.length === 2 * SESSION_ID_BYTES && takeOverKey.length === 2 * TAKE_OVER_KEY_BYTES
  return {
    ...request,
    prompt: { kind: 'ids', ids: started.promptIds },
    sampling: { ...request.sampling, seed: started.seed },
    ...(tokens.length === 0 ? {} : { generatedIds: tokens }),
    ...(!canTakeOver ? {} : { takeOver: { sessionId, key: takeOverKey, route, lost: coordinator } })
  }
}

/** @throws {PeerFaultError} for more than was asked for, or before it began */
function hear (heard: Heard, event: GenerateEvent, { maxTokens }: GenerateRequest, peerId: string): void {
  if (event.kind !== 'token') heard.others++
  const isTooMuch = heard.others > MAX_OTHER_EVENTS || (event.kind === 'token' && heard.tokens.length >= maxTokens)
  if (isTooMuch) throw new PeerFaultError(`the coordinator ${peerId} sends more than it was asked for`, peerId)
  if (event.kind !== 'started' && event.kind !== 'done' && heard.started === undefined) throw new PeerFaultError(`the coordinator ${peerId} answers what has not begun`, peerId)
  // what the answer began with stays, whatever another coordinator says
  if (event.kind === 'started') heard.started = heard.started === undefined ? event : { ...event, promptIds: heard.started.promptIds, seed: heard.started.seed }
  if (event.kind === 'started') heard.coordinator = peerId
  if (event.kind === 'started' || event.kind === 'repaired') heard.route = event.route
  if (event.kind === 'scored') heard.scored = true
  if (event.kind === 'token') {
    heard.tokens.push(event.id)
    heard.text += event.text
  }
}

/** What a generation came to that ended without its coordinator's word, as far as it was heard. */
function doneWithout (finishReason: FinishReason, { promptTokens, route }: Started, { text, tokens }: Heard, totalMs: number): GenerateEvent {
  return {
    kind: 'done',
    text,
    tokens,
    finishReason,
    usage: { promptTokens, completionTokens: tokens.length, cachedTokens: 0 },
    route,
    timings: { ttftMs: 0, totalMs, tokensPerSecond: 0 }
  }
}

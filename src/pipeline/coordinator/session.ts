import { NoCapacityError, PeerFaultError } from '../../../protocols/generate/index.ts'
import { ropeVariantOf } from '../../model/index.ts'
import { idBytes } from '../frames.ts'
import { generation, type Generation } from './generation.ts'
import { feeds, resumePlan, type ResumePlan } from './resume-plan.ts'
import { StageLostError, type RingEpoch } from './ring-epoch.ts'
import { ring, type Ring } from './ring.ts'
import { heldKey, type FoundRoute } from './routes.ts'
import type { Clock } from '../clock.ts'
import type { GenerateEvent, GenerateRequest, RouteStage } from '../types.ts'
import type { PreparedRequest } from './request.ts'
import type { Suspects } from './suspects.ts'
import type { CoordinatorModel } from './types.ts'
import type { Tail } from '../../../protocols/ring/index.ts'
import type { Host } from '../../p2p/index.ts'

export interface SessionComponents {
  readonly host: Pick<Host, 'peerId' | 'open'>
  readonly clock: Clock
  readonly suspects: Suspects
  /** @throws {NoCapacityError} @throws the signal's reason */
  route (init: RouteInit, signal: AbortSignal): Promise<FoundRoute>
}

export interface RouteInit {
  readonly positions: number
  readonly exclude: ReadonlySet<string>
  /** The route before, where a session goes on, and its stages that are no part of it any more. */
  readonly before?: { readonly route: FoundRoute, readonly held: ReadonlySet<string> } | undefined
}

export interface SessionInit {
  readonly request: GenerateRequest
  readonly model: CoordinatorModel
  readonly prepared: PreparedRequest
  readonly sessionId: Uint8Array<ArrayBuffer>
  readonly chunkRows: number
  readonly openTimeoutMs: number
  /** Routes tried without a token in between. */
  readonly attempts: number
}

const RETRY_AFTER_MS = 1000
/** How long stages may take to get ready when a session that had begun goes on. */
const REENTER_MS = 5000
/** Logits of a whole chunk are made when a prompt is scored: keep them small. */
const SCORED_ROWS = 32
/** Fewer rows of a prompt at once cost more a row. */
const MIN_CHUNK_ROWS = 16
/** Chunks that a prompt is cut into for each stage, as far as it is long enough: the more, the shorter stages wait for the first. */
const CHUNKS_PER_STAGE = 4

/**
 * One answer, over as many routes as it takes. The first opening is a repair of nothing: each epoch takes what its stages have, replays
 * what is missing, and goes on from the last token known here.
 */
export async function * session (components: SessionComponents, init: SessionInit, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
  const { clock } = components
  const { request, model, prepared, sessionId } = init
  const scorePrompt = request.scorePrompt === true
  const made = generation({ prepared, tokenizer: model.tokenizer, scorePrompt, sessionId: Buffer.from(sessionId).toString('hex'), clock, startedMs: clock.now() })
  const own = ring(components, {
    session: sessionId,
    modelId: request.modelId,
    wire: request.wire,
    positions: prepared.positions,
    ropeVariant: ropeVariantOf(model.manifest.config.rope, prepared.promptIds.length),
    // a prompt that is scored needs the logits of every position
    reusable: scorePrompt ? [] : prepared.promptIds
  })
  const mending = mendingOf(components, init, own, made, scorePrompt)
  signal.addEventListener('abort', own.close)
  let started = false
  try {
    while (made.finished === undefined && !signal.aborted) {
      try {
        const epoch = await mending.enter(signal)
        for await (const result of epoch.results) {
          if (signal.aborted) break
          const events = made.take(result)
          if (!started) yield made.started(mending.route, mending.cached)
          else if (mending.repaired !== undefined) yield made.repaired(mending.repaired)
          started = true
          mending.progress()
          yield * events
          if (made.finished !== undefined) break
        }
        if (made.finished === undefined && !signal.aborted) throw new NoCapacityError('the session ended too early', RETRY_AFTER_MS)
      } catch (error) {
        if (!signal.aborted) mending.lost(error)
      }
    }
  } finally {
    signal.removeEventListener('abort', own.close)
    own.close()
  }
  if (!started) yield made.started([], 0)
  yield * made.done(made.finished ?? 'cancelled')
}

/** What became of a session's route so far. */
interface Mending {
  /** Finds a route, brings the ring onto it and lets it go on. @throws what `lost` takes */
  enter (signal: AbortSignal): Promise<RingEpoch>
  /** A result came: the ring works. */
  progress (): void
  /** Takes in that stages were lost, to be gone on without. @throws the error where the session can't go on */
  lost (error: unknown): void
  readonly route: readonly RouteStage[]
  /** Leading positions of the prompt that nobody had to compute. */
  readonly cached: number
  /** What was mended since the last result, if anything. */
  readonly repaired: Omit<Extract<GenerateEvent, { kind: 'repaired' }>, 'kind'> | undefined
}

function mendingOf (components: SessionComponents, init: SessionInit, own: Ring, made: Generation, scorePrompt: boolean): Mending {
  const { clock, suspects } = components
  const { prepared, chunkRows, openTimeoutMs, attempts } = init
  const { promptIds, maxTokens, stopIds, sampling } = prepared
  /** Not to be asked again until a token has come. */
  const exclude = new Set<string>()
  let found: FoundRoute | undefined
  let plan: ResumePlan | undefined
  let hasWorked = false
  let lost: RouteStage[] = []
  let lostMs: number | undefined
  let failures = 0
  let failure: Error | undefined

  const stagesOf = (route: FoundRoute | undefined): RouteStage[] => (route?.hops ?? []).map(({ peerId, start, end }) => ({ peerId, span: [start, end] as const }))

  function tailOf (): Tail {
    const { logprobs, logitBias, ...numbers } = sampling
    const report = logprobs ?? (scorePrompt ? 0 : undefined)
    return {
      ...numbers,
      logitBias: new Map(logitBias),
      promptTokens: promptIds.length,
      maxTokens,
      stopIds: [...stopIds],
      promptIds: scorePrompt || sampling.repetitionPenalty !== 1 ? new Uint8Array(idBytes(promptIds)) : new Uint8Array(0),
      generatedIds: new Uint8Array(idBytes(made.tokens)),
      scorePrompt,
      ...(report === undefined ? {} : { logprobs: report })
    }
  }

  /** Several stages work at once only on several chunks. */
  const rowsOf = (left: number, stages: number): number => stages === 1
    ? chunkRows
    : Math.min(chunkRows, Math.max(MIN_CHUNK_ROWS, Math.ceil(left / (CHUNKS_PER_STAGE * stages))))

  return {
    get route () { return stagesOf(found) },
    get cached () { return hasWorked ? 0 : plan?.start ?? 0 },
    get repaired () {
      if (lostMs === undefined || plan === undefined) return undefined
      const { at, stages } = plan
      return { lost, tookMs: clock.now() - lostMs, replayed: Math.max(...stages.map(({ until }) => at - until)), route: stagesOf(found) }
    },

    async enter (signal) {
      const before = found === undefined ? undefined : { route: found, held: new Set(found.hops.filter(({ peerId }) => !exclude.has(peerId)).map(heldKey)) }
      found = await components.route({ positions: prepared.positions, exclude, before }, signal)
      const epoch = await own.enter({ route: found, tail: tailOf(), readyMs: hasWorked ? REENTER_MS : openTimeoutMs }, { signal })
      plan = resumePlan({
        stages: await epoch.ready,
        promptTokens: promptIds.length,
        generated: made.tokens.length,
        scored: scorePrompt ? Math.max(0, Math.min(made.scored - 1, promptIds.length - 2)) : undefined
      })
      epoch.resume(plan, feeds({
        plan,
        promptIds,
        generatedIds: made.tokens,
        scorePrompt,
        chooses: maxTokens > 0,
        rows: scorePrompt ? Math.min(SCORED_ROWS, chunkRows) : rowsOf(promptIds.length - plan.start, found.hops.length)
      }))
      return epoch
    },

    progress () {
      hasWorked = true
      failures = 0
      lost = []
      lostMs = undefined
      failure = undefined
      exclude.clear()
    },

    lost (error) {
      const gone = error instanceof StageLostError
        ? error
        : error instanceof PeerFaultError ? new StageLostError(error.peerId, error) : undefined
      // without a route: the reason for which one was looked for says more
      if (gone === undefined) throw failure ?? error
      failure = gone.reason
      exclude.add(gone.peerId)
      if (gone.reason instanceof PeerFaultError) suspects.add(gone.peerId)
      if (++failures >= attempts) throw failure
      if (!hasWorked) return
      lostMs ??= clock.now()
      const known = new Set(lost.map(({ peerId, span }) => `${peerId}/${span[0]}`))
      lost = [...lost, ...stagesOf(found).filter(({ peerId, span }) => peerId === gone.peerId && !known.has(`${peerId}/${span[0]}`))]
    }
  }
}

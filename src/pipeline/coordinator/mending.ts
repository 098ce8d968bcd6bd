import { NoCapacityError, PeerFaultError, RequestError } from '../../../protocols/generate/index.ts'
import { MIRROR_FRAMES } from '../../../protocols/ring/index.ts'
import { feeds, resumePlan, type Feed, type ResumePlan } from './resume-plan.ts'
import { StageLostError, type RingEpoch } from './ring-epoch.ts'
import { heldKey, type FoundRoute } from './routes.ts'
import type { GenerateEvent, HopTiming, RouteStage } from '../types.ts'
import type { Generation } from './generation.ts'
import type { LossKind } from './types.ts'
import type { Ring } from './ring.ts'
import type { SessionComponents, SessionInit } from './session-types.ts'

/** What became of a session's route so far. */
export interface Mending {
  /** Finds a route, brings the ring onto it and lets it go on. @throws what `lost` takes */
  enter (signal: AbortSignal): Promise<RingEpoch>
  /** A result came: the ring works. */
  progress (): void
  /** Takes in that stages were lost, to be gone on without. @throws the error where the session can't go on */
  lost (error: unknown): void
  readonly route: readonly RouteStage[]
  /** Where the time went on the stages of the route that tell. Never rejects. */
  hops (): Promise<readonly HopTiming[]>
  /** When the first route was open. */
  readonly openedMs: number | undefined
  /** Leading positions of the prompt that nobody had to compute. */
  readonly cached: number
  /** Positions that a stage was given again. */
  readonly replayed: number
  /** What was mended since the last result, if anything. */
  readonly repaired: Omit<Extract<GenerateEvent, { kind: 'repaired' }>, 'kind'> | undefined
  end (): void
}

/** How long stages may take to get ready when an answer that had begun goes on: here, or at another coordinator before. */
const REENTER_MS = 5000
/** Logits of a whole chunk are made when a prompt is scored: keep them small. */
const SCORED_ROWS = 32
/** Fewer rows of a prompt at once cost more a row. */
const MIN_CHUNK_ROWS = 16
/** Chunks that a prompt is cut into for each stage, as far as it is long enough: the more, the shorter stages wait for the first. */
const CHUNKS_PER_STAGE = 4
/** Routes tried after all stages fell silent at once. */
const ATTEMPTS_AFTER_SILENCE = 3
/** Between two looks for standbys. */
const STANDBY_EVERY_MS = 2000
/** Between two looks at how far the standby of a stage that leaves is. */
const HANDOVER_LOOK_MS = 100
/** A standby is a batch behind at most; what is left is sent when it takes over. */
const HANDOVER_POSITIONS = 2 * MIRROR_FRAMES
/** How far behind a standby may be, as far as it said last, to be preferred to waiting. */
const HEDGE_POSITIONS = 4 * MIRROR_FRAMES

export function mending (components: SessionComponents, init: SessionInit, own: Ring, made: Generation): Mending {
  const { clock, host, suspects } = components
  const { prepared, chunkRows, openTimeoutMs, attempts, standbyFrom, begun } = init
  const { promptIds, maxTokens, embed } = prepared
  const scorePrompt = init.request.scorePrompt === true
  /** Something is made of every row of the prompt. */
  const needsAll = scorePrompt || embed === 'mean'
  /** Not to be asked again until a token has come. */
  const exclude = new Set<string>(begun === undefined ? [] : [begun.lost])
  const refusing = new Set<string>()
  /** Who blamed a neighbour since the last token: nobody is believed twice. */
  const accusing = new Set<string>()
  /** Left out on one peer's word, or for giving it twice: where nobody else is left they are asked again. */
  const doubted = new Set<string>(exclude)
  const leaving = new Set<number>()
  /** Who stood by, or was asked to, in this epoch. */
  const stoodBy = new Set<string>()
  /** Forgot what they were to send again, since the last token: once is no reason to do without them. */
  const forgetful = new Set<string>()
  let found: FoundRoute | undefined
  let epoch: RingEpoch | undefined
  let plan: ResumePlan | undefined
  let hasWorked = false
  /** The epoch's stages have begun. */
  let works = false
  let lost: RouteStage[] = []
  let lostMs: number | undefined
  let why: LossKind | undefined
  let failures = 0
  let failure: Error | undefined
  let openedMs: number | undefined
  let lookedMs = -Infinity
  let stopLooking = (): void => { /* nobody leaves */ }

  const stagesOf = (route: FoundRoute | undefined): RouteStage[] => (route?.hops ?? []).map(({ peerId, start, end }) => ({ peerId, span: [start, end] as const }))

  const replayed = (): number => plan === undefined ? 0 : Math.max(...plan.stages.map(({ until }) => (plan?.at ?? 0) - until))

  /** Several stages work at once only on several chunks. */
  const rowsOf = (left: number, stages: number): number => stages === 1
    ? chunkRows
    : Math.min(chunkRows, Math.max(MIN_CHUNK_ROWS, Math.ceil(left / (CHUNKS_PER_STAGE * stages))))

  /** What a head's standby lacks from a position on. */
  const feedsFrom = (start: number): Feed[] =>
    feeds({ plan: { start, at: Infinity }, promptIds, generatedIds: made.tokens, scorePrompt: false, chooses: false, rows: chunkRows })

  function standBy (index: number): void {
    const stop = found?.hops[index]
    if (found === undefined || stop === undefined || own.standbys?.has(index) === true) return
    const standby = components.standbyFor(stop, found, stoodBy)
    if (standby === undefined) return
    stoodBy.add(standby.peerId)
    own.standbys?.add(index, standby)
  }

  /** A stage that leaves goes on until another has what it has: then the ring changes between two laps. */
  function handOver (): void {
    stopLooking()
    stopLooking = clock.after(HANDOVER_LOOK_MS, handOver)
    own.standbys?.ask()
    for (const index of leaving) {
      standBy(index)
      const position = promptIds.length + made.tokens.length
      if (own.standbys?.isCloseTo(index, position - HANDOVER_POSITIONS) !== true) continue
      leaving.delete(index)
      const peerId = found?.hops[index]?.peerId ?? ''
      epoch?.lose(index, new NoCapacityError(`${peerId} is leaving`, 0), 'leaving')
    }
    if (leaving.size === 0) stopLooking()
  }

  /** A route without those that were lost; where there is none, with those that only somebody spoke ill of. */
  async function nextRoute (signal: AbortSignal): Promise<FoundRoute> {
    try {
      return await routeWithout(signal)
    } catch (error) {
      if (signal.aborted || doubted.size === 0) throw error
      for (const peerId of doubted) exclude.delete(peerId)
      doubted.clear()
      return await routeWithout(signal)
    }
  }

  async function routeWithout (signal: AbortSignal): Promise<FoundRoute> {
    const before = found === undefined
      ? begun && { ...begun, compute: undefined }
      : {
          route: found,
          compute: hasWorked ? found.compute : undefined,
          held: new Set(found.hops.filter(({ peerId }) => !exclude.has(peerId)).map(heldKey)),
          standby: (index: number) => own.standbys?.of(index)
        }
    return await components.route({ positions: prepared.positions, exclude, before }, signal)
  }

  function leaves (index: number): void {
    if (leaving.has(index)) return
    leaving.add(index)
    if (works) handOver()
  }

  return {
    get route () { return stagesOf(found) },
    async hops () {
      const route = stagesOf(found)
      const told = await epoch?.stats() ?? []
      return route.flatMap((stage, index) => {
        const work = told[index]
        return work === undefined ? [] : { ...stage, ...work }
      })
    },
    get cached () { return hasWorked || prepared.takeOver !== undefined ? 0 : plan?.start ?? 0 },
    get replayed () { return replayed() },
    get openedMs () { return openedMs },
    get repaired () {
      if (lostMs === undefined || plan === undefined) return undefined
      return { lost, tookMs: clock.now() - lostMs, replayed: replayed(), route: stagesOf(found) }
    },

    async enter (signal) {
      leaving.clear()
      stoodBy.clear()
      stopLooking()
      works = false
      const route = found = await nextRoute(signal)
      const { tokens } = made
      epoch = await own.enter({
        route,
        allowed: maxTokens - tokens.length + (scorePrompt ? promptIds.length : 0),
        readyMs: hasWorked || tokens.length > 0 ? Math.min(REENTER_MS, openTimeoutMs) : openTimeoutMs,
        leaving: leaves,
        takesOver: !hasWorked,
        hasStandby: (index) => route.hops[index]?.peerId !== host.peerId && own.standbys?.isCloseTo(index, promptIds.length + made.tokens.length - HEDGE_POSITIONS) === true
      }, { signal })
      plan = resumePlan({
        stages: await epoch.ready,
        promptTokens: promptIds.length,
        generated: tokens.length,
        // a sum over the prompt is lost with its tail: it begins anew
        scored: scorePrompt ? Math.max(0, Math.min(made.scored - 1, promptIds.length - 2)) : needsAll ? 0 : undefined
      })
      epoch.resume(plan, feeds({
        plan,
        promptIds,
        generatedIds: tokens,
        scorePrompt: needsAll,
        chooses: maxTokens > 0 || embed !== undefined,
        rows: scorePrompt ? Math.min(SCORED_ROWS, chunkRows) : rowsOf(promptIds.length - plan.start, route.hops.length)
      }), tokens)
      lookedMs = -Infinity
      works = true
      openedMs ??= clock.now()
      // a stage mirrors to a standby only while it works
      if (leaving.size > 0) handOver()
      return epoch
    },

    progress () {
      if (lostMs !== undefined && why !== undefined) components.repaired(why)
      hasWorked = true
      failures = 0
      lost = []
      lostMs = undefined
      failure = undefined
      exclude.clear()
      accusing.clear()
      doubted.clear()
      forgetful.clear()
      const { standbys } = own
      if (standbys === undefined || made.tokens.length === 0 || promptIds.length + made.tokens.length < standbyFrom) return
      if (clock.now() - lookedMs > STANDBY_EVERY_MS) {
        lookedMs = clock.now()
        // a stage in this process goes with its coordinator, and matters to whoever is elsewhere then
        for (const [index, { peerId }] of (found?.hops ?? []).entries()) if (init.remote || peerId !== host.peerId) standBy(index)
      }
      if (made.tokens.length % MIRROR_FRAMES !== 0) return
      standbys.feed(feedsFrom)
      standbys.ask()
    },

    lost (error) {
      const gone = error instanceof StageLostError
        ? error
        : error instanceof PeerFaultError ? new StageLostError([error.peerId], error, 'malformed') : undefined
      // without a route: the reason for which one was looked for says more
      if (gone === undefined) throw failure ?? error
      failure = gone.reason
      // two that refuse mean that the request is wrong, one that it is
      if (gone.reason instanceof RequestError && refusing.size > 0 && !gone.peers.some((peerId) => refusing.has(peerId))) throw failure
      if (gone.reason instanceof RequestError) gone.peers.forEach((peerId) => refusing.add(peerId))
      const stays = gone.why === 'forgotten' && !gone.peers.some((peerId) => forgetful.has(peerId))
      for (const peerId of gone.peers) {
        if (stays) forgetful.add(peerId)
        else exclude.add(peerId)
        // nobody is suspected on one peer's word
        if (gone.reason instanceof PeerFaultError && gone.accuser === undefined) suspects.add(peerId, gone.why)
      }
      if (gone.accuser !== undefined) {
        for (const peerId of gone.peers) doubted.add(peerId)
        if (accusing.has(gone.accuser)) {
          exclude.add(gone.accuser)
          doubted.add(gone.accuser)
        }
        accusing.add(gone.accuser)
      }
      // whether it is this node's own network shows soon: by others that can't be reached either
      if (!stays) failures = gone.why === 'network' ? Math.max(failures + 1, attempts - ATTEMPTS_AFTER_SILENCE) : failures + 1
      if (failures >= attempts) throw failure
      if (!hasWorked) return
      if (lostMs === undefined) why = gone.why
      lostMs ??= clock.now()
      if (stays) return
      const known = new Set(lost.map(({ peerId, span }) => `${peerId}/${span[0]}`))
      lost = [...lost, ...stagesOf(found).filter(({ peerId, span }) => gone.peers.includes(peerId) && !known.has(`${peerId}/${span[0]}`))]
    },

    end () { stopLooking() }
  }
}

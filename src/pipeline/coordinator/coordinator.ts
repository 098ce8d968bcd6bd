import { randomBytes } from 'node:crypto'
import { NoCapacityError, PeerFaultError, UnknownModelError } from '../../../protocols/generate/index.ts'
import { systemClock } from '../clock.ts'
import { idBytes } from '../frames.ts'
import { idle } from '../idle.ts'
import { generateServer } from './generate-server.ts'
import { generation } from './generation.ts'
import { prepareRequest, promptChunks, type PreparedRequest } from './request.ts'
import { RouteError, openRing, type Ring, type RingResult } from './ring.ts'
import { findRoute, type FoundRoute, type Provider } from './routes.ts'
import { suspects } from './suspects.ts'
import { ropeVariantOf } from '../../model/index.ts'
import type { GenerateEvent, GenerateRequest } from '../types.ts'
import type { Coordinator, CoordinatorComponents, CoordinatorInit, CoordinatorModel } from './types.ts'
import type { Tail } from '../../../protocols/ring/index.ts'
import type { AbortOptions } from '@libp2p/interface'

const RETRY_AFTER_MS = 1000
const REFRESH_MS = 5000
/** Logits of a whole chunk are made when a prompt is scored: keep them small. */
const SCORED_ROWS = 32
/** Fewer rows of a prompt at once cost more a row. */
const MIN_CHUNK_ROWS = 16
/** Chunks that a prompt is cut into for each stage, as far as it is long enough: the more, the shorter stages wait for the first. */
const CHUNKS_PER_STAGE = 4
/** Between peers that were never measured. */
const UNKNOWN_ONE_WAY_MS = 25

export function coordinator (components: CoordinatorComponents, init: CoordinatorInit = {}): Coordinator {
  const { host, swarm, planRoute, clock = systemClock } = components
  const { maxSessions = 64, maxSessionsPerPeer = 16, chunkRows = 128, openTimeoutMs = 10_000, attempts = 3 } = init
  const running = new Set<AbortController>()
  const suspected = suspects(clock)
  const empty = idle(() => running.size > 0)
  let draining = false

  function providers (): Provider[] {
    const others = swarm.nodes().filter(({ peerId }) => peerId !== host.peerId)
    const own = components.localSpans?.() ?? swarm.nodes().find(({ peerId }) => peerId === host.peerId)?.spans ?? []
    return own.length === 0 ? others : [...others, { peerId: host.peerId, addresses: host.addresses(), spans: own }]
  }

  /** Half a round trip, as far as measured from here; between two others at least the longer of theirs. */
  function oneWayMs (from: string, to: string): number {
    if (from === to) return 0
    const roundTrip = (peer: string): number => peer === host.peerId ? 0 : swarm.roundTripMs(peer) ?? 2 * UNKNOWN_ONE_WAY_MS
    return Math.max(roundTrip(from), roundTrip(to)) / 2
  }

  /** Asks the DHT; where that takes too long or fails, what is known has to do. */
  async function refresh (modelId: string, signal: AbortSignal): Promise<void> {
    try {
      await swarm.refresh({ modelId, signal: AbortSignal.any([signal, AbortSignal.timeout(REFRESH_MS)]) })
    } catch {
      signal.throwIfAborted()
    }
  }

  async function route (request: GenerateRequest, model: CoordinatorModel, positions: number, exclude: ReadonlySet<string>, signal: AbortSignal): Promise<FoundRoute> {
    const searchWithout = (excluded: ReadonlySet<string>): FoundRoute | NoCapacityError => findRoute({
      modelId: request.modelId,
      layerCount: model.manifest.config.layerCount,
      wire: request.wire,
      positions,
      exclude: excluded,
      providers: providers(),
      planRoute,
      oneWayMs
    })
    const search = (): FoundRoute | NoCapacityError => {
      const careful = searchWithout(new Set([...exclude, ...suspected.peers]))
      return careful instanceof NoCapacityError ? searchWithout(exclude) : careful
    }
    let found = search()
    if (found instanceof NoCapacityError) {
      await refresh(request.modelId, signal)
      found = search()
    }
    if (found instanceof NoCapacityError) throw found
    return found
  }

  /** Several stages work at once only on several chunks. */
  const rowsOf = (left: number, stages: number): number =>
    stages === 1 ? chunkRows : Math.min(chunkRows, Math.max(MIN_CHUNK_ROWS, Math.ceil(left / (CHUNKS_PER_STAGE * stages))))

  const chunksOf = ({ promptIds, maxTokens }: PreparedRequest, { cached, route: { length: stages } }: Ring, score: boolean): Parameters<Ring['prompt']>[0] =>
    promptChunks(cached, promptIds.length, score ? Math.min(SCORED_ROWS, chunkRows) : rowsOf(promptIds.length - cached, stages)).map(({ from, to }) => ({
      from,
      ids: promptIds.slice(from, to),
      score: score ? to - from : to === promptIds.length && maxTokens > 0 ? 1 : 0
    }))

  function tailOf ({ promptIds, maxTokens, stopIds, sampling }: PreparedRequest, scorePrompt: boolean): Tail {
    const { logprobs, logitBias, ...numbers } = sampling
    const report = logprobs ?? (scorePrompt ? 0 : undefined)
    return {
      ...numbers,
      logitBias: new Map(logitBias),
      promptTokens: promptIds.length,
      maxTokens,
      stopIds: [...stopIds],
      promptIds: scorePrompt || sampling.repetitionPenalty !== 1 ? new Uint8Array(idBytes(promptIds)) : new Uint8Array(0),
      scorePrompt,
      ...(report === undefined ? {} : { logprobs: report })
    }
  }

  /** A ring and its first result, over another route where one fails before that. */
  async function begin (
    request: GenerateRequest, model: CoordinatorModel, prepared: PreparedRequest, session: Uint8Array<ArrayBuffer>, signal: AbortSignal
  ): Promise<{ ring: Ring, results: AsyncIterator<RingResult>, first: RingResult }> {
    const scorePrompt = request.scorePrompt === true
    const exclude = new Set<string>()
    let failure: Error | undefined
    for (let attempt = 0; attempt < attempts; attempt++) {
      let found: FoundRoute
      try {
        found = await route(request, model, prepared.positions, exclude, signal)
      } catch (error) {
        signal.throwIfAborted()
        throw failure ?? error
      }
      let ring: Ring | undefined
      try {
        // A session of its own: stages of the route before may not have let go of theirs yet.
        ring = await openRing({ host, clock }, {
          session: attempt === 0 ? session : new Uint8Array(randomBytes(session.length)),
          modelId: request.modelId,
          wire: request.wire,
          positions: prepared.positions,
          route: found,
          tail: tailOf(prepared, scorePrompt),
          ropeVariant: ropeVariantOf(model.manifest.config.rope, prepared.promptIds.length),
          // a prompt that is scored needs the logits of every position
          reusable: scorePrompt ? [] : prepared.promptIds,
          openTimeoutMs,
          signal
        })
        const results = ring.results[Symbol.asyncIterator]()
        signal.addEventListener('abort', ring.close)
        ring.prompt(chunksOf(prepared, ring, scorePrompt))
        const first = await results.next()
        signal.throwIfAborted()
        if (first.done === true) throw new NoCapacityError('the session ended before it began', RETRY_AFTER_MS)
        return { ring, results, first: first.value }
      } catch (error) {
        ring?.close()
        signal.throwIfAborted()
        if (error instanceof RouteError) {
          failure = error.reason
          exclude.add(error.exclude)
          if (error.reason instanceof PeerFaultError) suspected.add(error.exclude)
        } else if (error instanceof PeerFaultError) {
          failure = error
          exclude.add(error.peerId)
          suspected.add(error.peerId)
        } else {
          throw error
        }
      }
    }
    throw failure ?? new NoCapacityError('no route could be opened', RETRY_AFTER_MS)
  }

  async function * session (request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const startedMs = clock.now()
    const model = await components.models(request.modelId)
    if (model === undefined) throw new UnknownModelError(`this node does not have the model ${request.modelId}`)
    const prepared = prepareRequest(request, model, () => randomBytes(8).readBigUInt64LE())
    const sessionId = new Uint8Array(randomBytes(16))
    const made = generation({
      prepared,
      tokenizer: model.tokenizer,
      scorePrompt: request.scorePrompt === true,
      sessionId: Buffer.from(sessionId).toString('hex'),
      clock,
      startedMs
    })

    let ring: Ring | undefined
    try {
      const begun = await begin(request, model, prepared, sessionId, signal)
      ring = begun.ring
      yield made.started(ring.route, ring.cached)
      yield * made.take(begun.first)
      while (made.finished === undefined) {
        const next = await begun.results.next()
        if (signal.aborted) break
        if (next.done === true) throw new NoCapacityError('the session ended too early', RETRY_AFTER_MS)
        yield * made.take(next.value)
      }
    } catch (error) {
      if (!signal.aborted) {
        if (error instanceof PeerFaultError) suspected.add(error.peerId)
        throw error
      }
      if (ring === undefined) yield made.started([], 0)
    } finally {
      if (ring !== undefined) {
        ring.close()
        signal.removeEventListener('abort', ring.close)
      }
    }
    yield * made.done(made.finished ?? 'cancelled')
  }

  async function * generate (request: GenerateRequest, { signal }: AbortOptions = {}): AsyncGenerator<GenerateEvent> {
    if (draining) throw new NoCapacityError('this node takes no more requests', RETRY_AFTER_MS)
    if (running.size >= maxSessions) throw new NoCapacityError(`${running.size} generations are at work here`, RETRY_AFTER_MS)
    const stopped = new AbortController()
    running.add(stopped)
    try {
      for await (const event of session(request, signal == null ? stopped.signal : AbortSignal.any([signal, stopped.signal]))) {
        stopped.signal.throwIfAborted()
        yield event
      }
    } finally {
      running.delete(stopped)
      empty.changed()
    }
  }

  const server = generateServer({ host, clock, generate }, { maxSessions, maxSessionsPerPeer })

  return {
    start: () => server.start(),

    async stop () {
      draining = true
      for (const each of running) each.abort(new NoCapacityError('this node is stopping', RETRY_AFTER_MS))
      await server.stop()
    },

    get sessions () { return running.size },

    generate,

    async drain (options) {
      draining = true
      await empty.wait(options)
    }
  }
}

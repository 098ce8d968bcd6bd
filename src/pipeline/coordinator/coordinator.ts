import { randomBytes } from 'node:crypto'
import { NoCapacityError, TAKE_OVER_KEY_BYTES, UnknownModelError } from '../../../protocols/generate/index.ts'
import { SESSION_BYTES } from '../../../protocols/ring/index.ts'
import { systemClock } from '../../p2p/index.ts'
import { idle } from '../idle.ts'
import { sessionName } from '../log.ts'
import { generateServer } from './generate-server.ts'
import { prepareRequest, type PreparedRequest } from './request.ts'
import { begunRoute, findRoute, heldKey, mendedRoute, type FoundRoute, type Provider, type RouteSearch } from './routes.ts'
import { session } from './session.ts'
import { chooseStandby } from './choose-standby.ts'
import { suspects } from './suspects.ts'
import type { RouteStop } from './stage-link.ts'
import type { Begun, RouteInit } from './session-types.ts'
import type { GenerateEvent, GenerateRequest } from '../types.ts'
import type { CoordinateOptions, Coordinator, CoordinatorComponents, CoordinatorInit, CoordinatorModel, LossKind } from './types.ts'

const RETRY_AFTER_MS = 1000
const REFRESH_MS = 5000
/** Somebody waits in the middle of a sentence: what can't be found by then has to be known already. */
const REFRESH_AGAIN_MS = 1000
/** Losses of a peer that may simply be back later. */
const GONE: ReadonlySet<LossKind> = new Set<LossKind>(['reset', 'silence', 'unreachable'])
/** Between peers that were never measured. */
const UNKNOWN_ONE_WAY_MS = 25

export function coordinator (components: CoordinatorComponents, init: CoordinatorInit = {}): Coordinator {
  const { host, swarm, planRoute, clock = systemClock, log } = components
  const { maxSessions = 64, maxSessionsPerPeer = 16, chunkRows = 128, openTimeoutMs = 10_000, attempts = 8, standbyFrom = 256, tokensPerMinutePerPeer, prefer } = init
  const running = new Set<AbortController>()
  const suspected = suspects(clock)
  const empty = idle(() => running.size > 0)
  const repairs: Partial<Record<LossKind, number>> = {}
  let draining = false

  function providers (): Provider[] {
    const others = swarm.nodes().filter(({ peerId }) => peerId !== host.peerId)
    const own = components.localSpans?.() ?? swarm.nodes().find(({ peerId }) => peerId === host.peerId)?.spans ?? []
    return own.length === 0 ? others : [...others, { peerId: host.peerId, addresses: host.addresses(), spans: own }]
  }

  const seqOf = (peerId: string): bigint | undefined => swarm.nodes().find((node) => node.peerId === peerId)?.seq

  /** Half a round trip, as far as measured from here; between two others at least the longer of theirs. */
  function oneWayMs (from: string, to: string): number {
    if (from === to) return 0
    const roundTrip = (peer: string): number => peer === host.peerId ? 0 : swarm.roundTripMs(peer) ?? 2 * UNKNOWN_ONE_WAY_MS
    return Math.max(roundTrip(from), roundTrip(to)) / 2
  }

  /** Asks the DHT; where that takes too long or fails, what is known has to do. */
  async function refresh (modelId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    try {
      await swarm.refresh({ modelId, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
    } catch {
      signal.throwIfAborted()
    }
  }

  /** @throws {NoCapacityError} */
  async function route ({ modelId }: GenerateRequest, { wire }: PreparedRequest, model: CoordinatorModel, { positions, exclude, before }: RouteInit, signal: AbortSignal): Promise<FoundRoute> {
    const searchWithout = (excluded: ReadonlySet<string>): FoundRoute | NoCapacityError => {
      const search: RouteSearch = {
        modelId,
        layerCount: model.manifest.config.layerCount,
        wire,
        positions,
        exclude: excluded,
        ...(before === undefined ? {} : { held: before.held, compute: before.compute }),
        providers: providers(),
        planRoute,
        oneWayMs
      }
      const mended = before === undefined ? undefined : mendedRoute(search, before.route, (hop) => !before.held.has(heldKey(hop)), before.standby)
      return mended ?? findRoute(search)
    }
    const search = (): FoundRoute | NoCapacityError => {
      const careful = searchWithout(new Set([...exclude, ...suspected.peers]))
      return careful instanceof NoCapacityError ? searchWithout(exclude) : careful
    }
    for (const { peerId, seq } of swarm.nodes()) suspected.seen(peerId, seq)
    let found = search()
    if (found instanceof NoCapacityError) {
      await refresh(modelId, before === undefined ? REFRESH_MS : REFRESH_AGAIN_MS, signal)
      found = search()
    }
    if (found instanceof NoCapacityError) throw found
    return found
  }

  function begunAt (
    { takeOver, wire }: PreparedRequest, modelId: string, { manifest }: CoordinatorModel,
    standbyFor: (session: Uint8Array, stop: RouteStop, route: FoundRoute, without: Iterable<string>, isHeld: boolean) => RouteStop | undefined
  ): Begun | undefined {
    const before = takeOver === undefined ? undefined : begunRoute(takeOver, {
      modelId, layerCount: manifest.config.layerCount, wire, exclude: new Set(suspected.peers), providers: providers()
    })
    if (takeOver === undefined || before === undefined) return undefined
    const session = Buffer.from(takeOver.sessionId, 'hex')
    return {
      ...before,
      lost: takeOver.lost,
      standby (index) {
        const stop = before.route.hops[index]
        return stop === undefined ? undefined : standbyFor(session, stop, before.route, [takeOver.lost], true)
      }
    }
  }

  async function * begin (request: GenerateRequest, remote: boolean, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const model = await components.models(request.modelId)
    if (model === undefined) throw new UnknownModelError(`this node does not have the model ${request.modelId}`)
    const prepared = prepareRequest(request, model, () => randomBytes(8).readBigUInt64LE())
    const standbyFor = (session: Uint8Array, stop: RouteStop, current: FoundRoute, without: Iterable<string>, isHeld = false): RouteStop | undefined => chooseStandby({
      session,
      isHeld,
      modelId: request.modelId,
      wire: prepared.wire,
      positions: prepared.positions,
      stop,
      route: current,
      providers: providers(),
      exclude: new Set([...suspected.peers, ...without])
    })
    const sessionId = new Uint8Array(randomBytes(SESSION_BYTES))
    yield * session({
      host,
      clock,
      suspects: {
        add (peerId, why) {
          log?.debug({ sessionId: sessionName(sessionId), peerId, why }, 'a stage is at fault')
          suspected.add(peerId, GONE.has(why) ? seqOf(peerId) : undefined)
        },
        clear (peerId) { suspected.clear(peerId) }
      },
      route: (routeInit, routeSignal) => route(request, prepared, model, routeInit, routeSignal),
      repaired (why) {
        log?.debug({ sessionId: sessionName(sessionId), why }, 'the session goes on without a stage')
        repairs[why] = (repairs[why] ?? 0) + 1
      },
      standbyFor: (stop, current, without) => standbyFor(sessionId, stop, current, without)
    }, {
      request,
      remote,
      model,
      prepared,
      sessionId,
      begun: begunAt(prepared, request.modelId, model, standbyFor),
      takeOverKey: new Uint8Array(randomBytes(TAKE_OVER_KEY_BYTES)),
      standbyFrom,
      chunkRows,
      openTimeoutMs,
      attempts
    }, signal)
  }

  async function * generate (request: GenerateRequest, { signal, requestId, remote = false }: CoordinateOptions = {}): AsyncGenerator<GenerateEvent> {
    if (draining) throw new NoCapacityError('this node takes no more requests', RETRY_AFTER_MS)
    if (running.size >= maxSessions) throw new NoCapacityError(`${running.size} generations are at work here`, RETRY_AFTER_MS)
    const stopped = new AbortController()
    running.add(stopped)
    try {
      const events = begin(request, remote, signal == null ? stopped.signal : AbortSignal.any([signal, stopped.signal]))
      for await (const event of components.watch?.(events, { modelId: request.modelId, requestId }) ?? events) {
        stopped.signal.throwIfAborted()
        yield event
      }
    } finally {
      running.delete(stopped)
      empty.changed()
    }
  }

  const server = generateServer({ host, clock, generate }, { maxSessions, maxSessionsPerPeer, tokensPerMinutePerPeer, prefer })

  return {
    start: () => server.start(),

    async stop () {
      draining = true
      for (const each of running) each.abort(new NoCapacityError('this node is stopping', RETRY_AFTER_MS))
      await server.stop()
    },

    get sessions () { return running.size },
    get repairs () { return repairs },

    generate,

    async drain (options) {
      draining = true
      await empty.wait(options)
    }
  }
}

import { ComputeCode, Feature, Open, Reroute, RingType, Role, type Neighbour, type Tail } from '../../../protocols/ring/index.ts'
import { encodeFrame } from '../frames.ts'
import { prefixKeys } from '../prefix.ts'
import { keyHashOf, stageKeyOf } from '../take-over.ts'
import { heldKey, type FoundRoute } from './routes.ts'
import { StageLostError, ringEpoch, type RingEpoch } from './ring-epoch.ts'
import { stageLink, type RouteStop, type StageLink } from './stage-link.ts'
import { standbys, type Standbys } from './standbys.ts'
import type { Wire } from '../types.ts'
import type { Clock, Host } from '../../p2p/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface RingInit {
  readonly session: Uint8Array<ArrayBuffer>
  readonly modelId: string
  readonly wire: Wire
  readonly positions: number
  /** Of the model's rotations, by the prompt's length. */
  readonly ropeVariant: number
  /** The prompt, where stages may reuse what they have of it. */
  readonly reusable: readonly number[]
  readonly tail: Tail
  /** The secret with which another coordinator may take the session over. */
  readonly takeOverKey: Uint8Array
  /** What the stages of a session whose coordinator is lost hold is this one's to begin with: its id, and its secret. */
  readonly takeOver?: { readonly session: Uint8Array<ArrayBuffer>, readonly key: Uint8Array } | undefined
}

export interface EnterInit {
  readonly route: FoundRoute
  /** Tokens that the tail may still report. */
  readonly allowed: number
  /** How long all stages together may take to get ready. */
  readonly readyMs: number
  /** A stage says that it will be gone soon. */
  leaving (index: number): void
  /** Somebody could take over from a stage at once. */
  hasStandby (index: number): boolean
  /** Nothing has come of this session yet: what stages hold of the one before it is used. */
  readonly takesOver: boolean
}

/** A session's stages. Each epoch has a route of its own; who is in several keeps what it has. */
export interface Ring {
  /**
   * Begins an epoch: stages of the one before that are on the new route, standbys among them, get their new neighbours, others are
   * opened, those that are left over are released. @throws {StageLostError} @throws {RequestError} @throws the signal's reason
   */
  enter (init: EnterInit, options: AbortOptions): Promise<RingEpoch>
  /** Of the epoch; undefined before the first. */
  readonly standbys: Standbys | undefined
  /** Frees every stage. */
  close (): void
  /** Leaves every stage with what it holds, for another coordinator. */
  abandon (): void
}

export interface RingComponents {
  readonly host: Pick<Host, 'peerId' | 'open'>
  readonly clock: Clock
}

/** Whoever does not know these is to refuse, not to answer as it likes. */
const requiredOf = ({ grammar, embed }: Tail): string[] =>
  [...(grammar === undefined ? [] : [Feature.grammar]), ...(embed === undefined ? [] : [Feature.embed])]

export function ring ({ host, clock }: RingComponents, init: RingInit): Ring {
  const links = new Map<string, StageLink>()
  let epoch = 0
  let current: RingEpoch | undefined
  let computed: FoundRoute['compute'] | undefined
  let standing: Standbys | undefined
  let takesOver = false
  const sinceMs = clock.now()

  function neighbours (stops: readonly RouteStop[], index: number, role: number = Role.active): { prev: Neighbour[], next: Neighbour[], stages: number, role: number } {
    const at = (place: number): RouteStop[] => stops.slice((place + stops.length) % stops.length).slice(0, 1)
    return {
      prev: at(index - 1).map(({ peerId, start }) => ({ peerId, start, addresses: [] })),
      next: at((index + 1) % stops.length).map(({ peerId, start, addresses }) => ({ peerId, start, addresses: addresses.slice(0, 16) })),
      stages: stops.length,
      role
    }
  }

  function openFrame ({ hops, compute }: FoundRoute, index: number, stop: RouteStop, role: number = Role.active): Uint8Array {
    const { session, modelId, wire, positions, ropeVariant, tail, takeOverKey } = init
    const takeOver = takesOver && role === Role.active ? init.takeOver : undefined
    return encodeFrame({ type: RingType.open, epoch }, Open.encode({
      session,
      epoch,
      modelId,
      start: stop.start,
      end: stop.end,
      compute: ComputeCode[compute],
      wire,
      positions,
      ...neighbours(hops, index, role),
      ropeVariant,
      requires: index === hops.length - 1 ? requiredOf(tail) : [],
      // later on, and of what is taken over, rows may come from stages that are not in the route any more: a key could not name them
      prefix: epoch === 1 && role === Role.active && init.takeOver === undefined ? prefixKeys({ wire, compute, ropeVariant, upstream: hops.slice(0, index) }, init.reusable) : new Uint8Array(0),
      keyHash: keyHashOf(stageKeyOf(takeOverKey, stop)),
      ...(takeOver === undefined ? {} : { takeOver: { session: takeOver.session, key: stageKeyOf(takeOver.key, stop) } }),
      ...(index === hops.length - 1 ? { tail } : {})
    }))
  }

  async function enterStage (made: RingEpoch, route: FoundRoute, index: number, stop: RouteStop, own: number, options: AbortOptions): Promise<void> {
    const kept = links.get(heldKey(stop))
    if (kept !== undefined) {
      made.join(index, kept)
      kept.tell(encodeFrame({ type: RingType.reroute, epoch }, Reroute.encode(neighbours(route.hops, index))))
      return
    }
    let link: StageLink
    try {
      link = await stageLink(host, stop, options)
    } catch (error) {
      if (options.signal?.aborted !== true && error instanceof Error) made.end(new StageLostError([stop.peerId], error, 'unreachable'))
      return
    }
    if (own !== epoch) {
      link.release()
      return
    }
    links.set(heldKey(stop), link)
    made.join(index, link)
    link.tell(openFrame(route, index, stop))
  }

  /** Who is on the new route keeps its link; a standby's counts as one. What was computed otherwise is of no use. */
  function sortOut ({ hops, compute }: FoundRoute): void {
    if (computed !== undefined && computed !== compute) {
      for (const link of links.values()) link.release()
      links.clear()
      standing?.end()
    }
    computed = compute
    const wanted = new Set(hops.map(heldKey))
    for (const [key, link] of links) {
      if (wanted.has(key) && link.alive) continue
      link.release()
      links.delete(key)
    }
    for (const stop of hops) {
      const standby = links.has(heldKey(stop)) ? undefined : standing?.take(stop)
      if (standby !== undefined) links.set(heldKey(stop), standby)
    }
    standing?.end()
  }

  /** @param leave what becomes of each stage */
  function end (leave: (link: StageLink) => void): void {
    epoch++
    current?.end()
    for (const link of links.values()) leave(link)
    links.clear()
    standing?.end(leave)
  }

  return {
    get standbys () { return standing },

    async enter ({ route, allowed, readyMs, leaving, hasStandby, ...rest }, { signal }) {
      signal?.throwIfAborted()
      takesOver = rest.takesOver
      const { hops } = route
      const own = ++epoch
      current?.end()
      sortOut(route)
      const made = current = ringEpoch({
        epoch,
        stops: hops,
        positions: init.positions,
        allowed,
        local: new Set(hops.flatMap(({ peerId }, index) => peerId === host.peerId ? [index] : [])),
        readyMs,
        clock,
        sinceMs,
        leaving,
        hasStandby
      })
      standing = standbys({
        host,
        clock,
        epoch,
        stops: hops,
        openFrame: (index, stop) => openFrame(route, index, stop, Role.standby),
        linkOf: (index) => links.get(heldKey(hops[index] ?? { peerId: '', start: 0, end: 0 }))
      })
      const dialling = new AbortController()
      const cancel = (): void => { made.end(signal?.reason instanceof Error ? signal.reason : new Error('cancelled')) }
      signal?.addEventListener('abort', cancel)
      try {
        for (const [index, stop] of hops.entries()) void enterStage(made, route, index, stop, own, { signal: dialling.signal })
        await made.ready
        return made
      } catch (error) {
        signal?.throwIfAborted()
        throw error
      } finally {
        signal?.removeEventListener('abort', cancel)
        dialling.abort(new Error('the ring is ready, or is not to be'))
      }
    },

    close () { end((link) => { link.release() }) },

    abandon () { end((link) => { link.abandon() }) }
  }
}

import { REPEATED_MS, type Swarm } from '../swarm/index.ts'

/** Somebody who may coordinate. */
export interface Candidate {
  readonly peerId: string
  /** Of its record: whoever came back has another, with other addresses. */
  readonly seq: bigint
  readonly addresses: readonly string[]
}

/** Who may coordinate a model's answers, as far as the swarm knows. */
export interface Coordinators {
  /** The nearest online holder of layer 0 that was not tried, of those as near any one, but always the same; those that were lost come last. Undefined: nobody, and a new look brought nobody. */
  find (modelId: string, tried: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<Candidate | undefined>
  /** Whether somebody is known by now who was not tried. */
  hasOther (modelId: string, tried: ReadonlySet<string>): boolean
  /** It can't be reached, or was lost. Where not many others are known they are looked for at once: by the time the next one fails too, who came back is known. */
  lost (modelId: string, candidate: Candidate): void
}

/** So many who were not lost are enough to go on with. */
const ENOUGH = 2
/** Who is nearer than this is as near as can be. */
const NEAR_MS = 16

export const keyOf = ({ peerId, seq }: Pick<Candidate, 'peerId' | 'seq'>): string => `${peerId}/${seq}`

export function coordinators (swarm: Pick<Swarm, 'nodes' | 'refresh' | 'roundTripMs' | 'onChange'>): Coordinators {
  /** Looks that are under way, by model. */
  const looks = new Map<string, Promise<void>>()
  const known = new Set<string>()
  let failed: ReadonlySet<string> = new Set()
  /** Any order, so that not all clients ask one node; a client keeps to its own, since a coordinator remembers what it has computed for it. */
  const order = new Map<string, number>()

  function placeOf (peerId: string): number {
    const place = order.get(peerId) ?? Math.random()
    order.set(peerId, place)
    return place
  }

  function candidates (modelId: string, tried: ReadonlySet<string>): Candidate[] {
    const nodes = swarm.nodes()
    const live = new Set(nodes.map(({ peerId }) => peerId))
    for (const peerId of order.keys()) if (!live.has(peerId)) order.delete(peerId)
    // within a factor of two all are as near
    const distance = (peerId: string): number => Math.floor(Math.log2(Math.max(NEAR_MS, swarm.roundTripMs(peerId) ?? Infinity)))
    return nodes
      .filter((node) => !tried.has(keyOf(node)))
      .filter(({ spans }) => spans.some((span) => span.modelId === modelId && span.start === 0 && span.state === 'online'))
      .sort((a, b) => Number(failed.has(keyOf(a))) - Number(failed.has(keyOf(b))) || compare(distance(a.peerId), distance(b.peerId)) || placeOf(a.peerId) - placeOf(b.peerId))
  }

  /** @param freshMs what was heard of so lately is not read again */
  function look (modelId: string, freshMs?: number): Promise<void> {
    const under = looks.get(modelId)
    if (under !== undefined) return under
    // not the request's signal: others may wait for it too, and it ends by itself
    const begun = swarm.refresh({ modelId, freshMs }).then(() => undefined, () => undefined).finally(() => { looks.delete(modelId) })
    looks.set(modelId, begun)
    return begun
  }

  /** Resolves as soon as somebody turns up, and when the look is over. @throws the signal's reason */
  async function wait (modelId: string, tried: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const found = (): void => { resolve(undefined) }
    const cancel = (): void => { reject(signal?.reason instanceof Error ? signal.reason : new Error('cancelled')) }
    const stop = swarm.onChange(() => { if (candidates(modelId, tried).length > 0) found() })
    signal?.addEventListener('abort', cancel)
    look(modelId).then(found, found)
    await promise.finally(() => {
      stop()
      signal?.removeEventListener('abort', cancel)
    })
  }

  return {
    async find (modelId, tried, signal) {
      if (!known.has(modelId)) {
        known.add(modelId)
        // from its first look on, the swarm also follows what is told of the model
        void look(modelId, REPEATED_MS)
      }
      // a look that is under way may have begun too early: another one follows it
      for (let looksLeft = looks.has(modelId) ? 2 : 1; ; looksLeft--) {
        const [best] = candidates(modelId, tried)
        if (best !== undefined || looksLeft === 0) return best
        await wait(modelId, tried, signal)
      }
    },

    hasOther: (modelId, tried) => candidates(modelId, tried).length > 0,

    lost (modelId, candidate) {
      const live = new Set(swarm.nodes().map(keyOf))
      failed = new Set([...failed, keyOf(candidate)].filter((key) => live.has(key)))
      // to read everybody's record costs a client that has much to do more than to try one more of those it knows
      if (candidates(modelId, failed).length < ENOUGH) void look(modelId)
    }
  }
}

/** Infinity − Infinity is no number. */
const compare = (a: number, b: number): number => a === b ? 0 : a < b ? -1 : 1

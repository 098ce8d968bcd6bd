/** Whether to believe what nodes say that a name at the hub is. Pure. */
import { AmbiguousModelError } from '../client/index.ts'
import { networksOf } from '../p2p/index.ts'

/** One node's signed word. */
export interface Claim {
  readonly peerId: string
  readonly modelId: string
  readonly addresses: readonly string[]
}

export interface Belief {
  readonly modelId: string
  /** Networks whose nodes say so. */
  readonly networks: number
}

/** Nodes of so many different networks have to say the same. */
const INDEPENDENT = 3

/**
 * Nodes on one network may all be one person's, so those that share any network have one voice together, and one that says several
 * things has none. Addresses are the nodes' own word, so this stops the lazy and not the determined: an import of one's own is certain.
 * Undefined: not enough say the same.
 * @param trust one voice is enough, as long as no other contradicts
 * @throws {AmbiguousModelError} enough say one thing, and others say another
 */
export function believed (source: string, claims: readonly Claim[], { trust }: { readonly trust: boolean }): Belief | undefined {
  const counts = new Map<string, number>()
  for (const { said } of voicesOf(claims)) {
    const [modelId, other] = said
    if (modelId !== undefined && other === undefined) counts.set(modelId, (counts.get(modelId) ?? 0) + 1)
  }
  const enough = [...counts].filter(([, networks]) => networks >= (trust ? 1 : INDEPENDENT))
  const [first] = enough
  if (first === undefined) return undefined
  if (counts.size > 1) throw new AmbiguousModelError(`nodes say different things of ${source}: ${[...counts].map(([modelId, networks]) => `${modelId} (${networks})`).join(', ')}; name one by its id, or import it here with "shoal import"`)
  return { modelId: first[0], networks: first[1] }
}

interface Voice {
  readonly networks: ReadonlySet<string>
  readonly said: ReadonlySet<string>
}

function voicesOf (claims: readonly Claim[]): readonly Voice[] {
  let voices: readonly Voice[] = []
  for (const { peerId, modelId, addresses } of claims) {
    const found = networksOf(addresses)
    const networks = found.size === 0 ? new Set([peerId]) : found
    const isSame = (voice: Voice): boolean => [...networks].some((network) => voice.networks.has(network))
    const same = voices.filter(isSame)
    voices = [...voices.filter((voice) => !isSame(voice)), {
      networks: new Set([...networks, ...same.flatMap((voice) => [...voice.networks])]),
      said: new Set([modelId, ...same.flatMap((voice) => [...voice.said])])
    }]
  }
  return voices
}

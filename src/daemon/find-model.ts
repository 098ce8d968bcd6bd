/** From what a person calls a model that is not on this machine to its id, by what the swarm says. */
import { setTimeout as delay } from 'node:timers/promises'
import { isModelId } from '../model/index.ts'
import { UnknownModelError } from '../store/index.ts'
import { AmbiguousModelError } from '../client/index.ts'
import { lookAround } from './network.ts'
import type { NodeRecord, Swarm } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface NamedModel {
  readonly modelId: string
  readonly name: string
  /** Nodes that call it so. */
  readonly nodes: number
}

/** Names that nodes give to models, as their records have them: shown, never believed. Pure. */
function namesIn (records: readonly NodeRecord[]): Array<{ readonly peerId: string, readonly modelId: string, readonly label: string }> {
  return records.flatMap(({ peerId, spans, offers }) => [...spans, ...offers].map(({ modelId, label }) => ({ peerId, modelId, label })))
}

/**
 * What the swarm calls by that name. An id means itself.
 * @throws {AmbiguousModelError} several models are called so
 */
export function namedInSwarm (asked: string, records: readonly NodeRecord[]): NamedModel | undefined {
  const names = namesIn(records)
  if (isModelId(asked)) {
    const label = names.find(({ modelId }) => modelId === asked)?.label
    return { modelId: asked, name: label === undefined || label === '' ? asked : label, nodes: names.filter(({ modelId }) => modelId === asked).length }
  }
  const ids = [...new Set(names.filter(({ label }) => label === asked).map(({ modelId }) => modelId))]
  if (ids.length > 1) throw new AmbiguousModelError(`several models are called ${asked} in this swarm; name one by its id: ${ids.join(', ')}`)
  const [modelId] = ids
  return modelId === undefined ? undefined : { modelId, name: asked, nodes: new Set(names.filter((one) => one.modelId === modelId).map(({ peerId }) => peerId)).size }
}

const FIND_MS = 8_000
const LOOK_MS = 3_000
const LOOK_EVERY_MS = 250

/** Looks until somebody names it so, up to a few seconds. @throws {UnknownModelError} nobody does @throws {AmbiguousModelError} */
export async function findInSwarm (swarm: Pick<Swarm, 'nodes' | 'refresh'>, asked: string, known: readonly string[], { signal }: AbortOptions): Promise<NamedModel> {
  const options = signal == null ? {} : { signal }
  const started = performance.now()
  for (;;) {
    const { nodes } = await lookAround(swarm, { timeoutMs: LOOK_MS, ...(isModelId(asked) ? { modelId: asked } : {}), ...options })
    const found = namedInSwarm(asked, nodes)
    if (found !== undefined && (found.nodes > 0 || performance.now() - started > FIND_MS)) return found
    if (performance.now() - started > FIND_MS) throw new UnknownModelError(asked, [...new Set([...known, ...namesIn(nodes).map(({ label }) => label)])], 'on this machine or in the swarm')
    await delay(LOOK_EVERY_MS, undefined, options)
  }
}

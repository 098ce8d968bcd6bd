import { coordinator, stageServer, type Coordinator, type CoordinatorInit, type GenerateEvent, type GenerateRequest, type Spill, type StageServer, type StageServerInit } from '../../../src/pipeline/index.ts'
import { planRoute } from '../../../src/routing/index.ts'
import { CONTEXT, LAYERS, fakeModel, fakeRunner, type FakeRunner } from './fake-model.ts'
import { memoryNetwork, type MemoryHost, type MemoryNetwork } from './memory-network.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'
import type { NodeRecord } from '../../../src/swarm/index.ts'
import type { Span } from '../../../src/model/index.ts'

export const MODEL = 'fake-model'

export interface FakeNode {
  readonly peerId: string
  readonly host: MemoryHost
  readonly server: StageServer
  readonly runner: FakeRunner
}

export interface FakeSwarm {
  readonly network: MemoryNetwork
  readonly clock: VirtualClock
  readonly nodes: readonly FakeNode[]
  readonly coordinator: Coordinator
  readonly records: NodeRecord[]
  /** Another coordinator, which may be a stage's node. */
  coordinate (peerId: string): Promise<Coordinator>
  /** Collects all events. */
  ask (request?: Partial<GenerateRequest>, signal?: AbortSignal): Promise<GenerateEvent[]>
}

export const REQUEST: GenerateRequest = {
  modelId: MODEL, prompt: { kind: 'ids', ids: [1, 2, 3, 4, 5] }, maxTokens: 12, stop: [], sampling: { temperature: 0 }, wire: 'f16'
}

export interface FakeSwarmInit {
  /** Peer ids and spans; the coordinator is `c`, or the first of these where `local` says so. */
  readonly spans: ReadonlyArray<readonly [peerId: string, start: number, end: number]>
  readonly local?: boolean
  readonly eos?: number[]
  readonly coordinator?: CoordinatorInit
  readonly server?: StageServerInit
  /** Of all stages. @default none */
  readonly spill?: Spill
  readonly slots?: number
  /** Positions that stages can hold. @default CONTEXT */
  readonly context?: number
  /** Spans may be entered in their middle. @default false */
  readonly divisible?: boolean
}

export async function fakeSwarm (
  { spans, local = false, eos = [], coordinator: init = {}, server: serverInit = {}, spill, slots = 4, context = CONTEXT, divisible = false }: FakeSwarmInit
): Promise<FakeSwarm> {
  const network = memoryNetwork()
  const clock = virtualClock()
  const servers = new Map<string, { host: MemoryHost, server: StageServer }>()
  const nodes: FakeNode[] = []
  const records: NodeRecord[] = []
  for (const [peerId, start, end] of spans) {
    let made = servers.get(peerId)
    if (made === undefined) {
      const host = network.host(peerId)
      made = { host, server: stageServer({ host, clock, spill }, serverInit) }
      servers.set(peerId, made)
      await made.server.start()
    }
    const runner = fakeRunner({ start, end }, { slots, context })
    made.server.offer(MODEL, runner, divisible ? { open: (span) => Promise.resolve({ runner: fakeRunner(span, { slots, context }), release () { /* nothing was loaded */ } }) } : undefined)
    nodes.push({ peerId, runner, ...made })
  }
  for (const peerId of servers.keys()) records.push(record(peerId, spans.filter(([peer]) => peer === peerId).map(([, start, end]) => ({ start, end })), divisible, context))

  async function coordinate (peerId: string): Promise<Coordinator> {
    const made = coordinator({
      host: servers.get(peerId)?.host ?? network.host(peerId),
      swarm: { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 2 },
      models: (modelId) => Promise.resolve(modelId === MODEL ? fakeModel(eos, context) : undefined),
      planRoute,
      clock
    }, init)
    await made.start()
    return made
  }
  const made = await coordinate(local ? nodes[0]?.peerId ?? 'c' : 'c')

  return {
    network,
    clock,
    nodes,
    coordinator: made,
    records,
    coordinate,
    async ask (request = {}, signal) {
      const events: GenerateEvent[] = []
      for await (const event of made.generate({ ...REQUEST, ...request }, signal === undefined ? {} : { signal })) events.push(event)
      return events
    }
  }
}

export function record (peerId: string, spans: readonly Span[], divisible = false, context = CONTEXT): NodeRecord {
  return {
    peerId,
    seq: 1n,
    expiresAtMs: Infinity,
    name: peerId,
    version: '0',
    device: { kind: 'cpu', label: 'fake' },
    memoryBytes: 0,
    numericClass: 'fake',
    protocols: [],
    addresses: [],
    offers: [],
    spans: spans.map(({ start, end }) => ({
      start, end, modelId: MODEL, label: 'fake', layerCount: LAYERS, state: 'online', compute: 'fast', wires: ['f16', 'f32'],
      freeSlots: { [context]: 4 }, decodeMsPerToken: 1, prefillTokensPerSecond: 100, queueMs: 0, divisible
    }))
  }
}

export const tokensOf = (events: readonly GenerateEvent[]): readonly number[] => {
  const last = events.at(-1)
  return last?.kind === 'done' ? last.tokens : []
}

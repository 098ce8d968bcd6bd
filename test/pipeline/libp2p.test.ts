import assert from 'node:assert/strict'
import { thinClient } from '../../src/client/index.ts'
import { createHost, type Host } from '../../src/p2p/index.ts'
import { coordinator, stageServer, type Coordinator, type GenerateEvent, type StageServer } from '../../src/pipeline/index.ts'
import { planRoute } from '../../src/routing/index.ts'
import { fakeModel, fakeRunner, greedy, type FakeRunner } from './support/fake-model.ts'
import { MODEL, REQUEST, record, tokensOf } from './support/fake-swarm.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

interface Node { readonly host: Host, readonly server: StageServer, readonly runner: FakeRunner, readonly coordinator: Coordinator }

describe('a ring over libp2p', () => {
  let nodes: Node[]
  let client: Host
  let records: NodeRecord[]

  beforeEach(async () => {
    records = []
    nodes = []
    const swarm = { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 1 }
    for (const [start, end] of [[0, 2], [2, 4], [4, 6]] as const) {
      const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'] })
      await host.start()
      const server = stageServer({ host })
      const runner = fakeRunner({ start, end })
      server.offer(MODEL, runner)
      await server.start()
      const made = coordinator({ host, swarm, models: () => Promise.resolve(fakeModel()), planRoute })
      await made.start()
      nodes.push({ host, server, runner, coordinator: made })
      records.push({ ...record(host.peerId, [{ start, end }]), addresses: host.addresses() })
    }
    client = await createHost({ listen: [] })
    await client.start()
  })

  afterEach(async () => {
    for (const host of [client, ...nodes.map((node) => node.host)]) await host.stop()
  })

  const ask = (maxTokens: number, signal?: AbortSignal): AsyncIterable<GenerateEvent> =>
    thinClient({ host: client, swarm: { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 1, onChange: () => () => undefined } })
      .generate({ ...REQUEST, maxTokens }, signal === undefined ? {} : { signal })

  const slotsFree = async (among: readonly Node[]): Promise<void> => {
    while (among.some(({ runner, server }) => runner.reserved > 0 || server.sessions > 0)) await new Promise((resolve) => setImmediate(resolve))
  }

  it('answers a thin client as the unsplit model does, and leaves nothing behind', async () => {
    const events: GenerateEvent[] = []
    for await (const event of ask(200)) events.push(event)
    assert.deepEqual(tokensOf(events), await greedy([1, 2, 3, 4, 5], 200))
    await slotsFree(nodes)
  })

  it('frees every stage when the client goes in the middle', async () => {
    for await (const { kind } of ask(250)) if (kind === 'token') break
    await slotsFree(nodes)
    assert.deepEqual(nodes.map((node) => node.coordinator.sessions), [0, 0, 0])
  })

  for (const which of [1, 2]) {
    it(`tells the client within 3 s which stage died (${which})`, async () => {
      const victim = nodes[which]
      assert.ok(victim !== undefined)
      for (const { runner } of nodes) runner.before = () => new Promise((resolve) => setTimeout(resolve, 5))
      let diedMs = 0
      let tokens = 0
      await assert.rejects(async () => {
        for await (const { kind } of ask(250)) {
          if (kind === 'token' && ++tokens === 3) {
            diedMs = performance.now()
            void victim.host.stop()
          }
        }
      }, (error: Error) => error.name === 'PeerFaultError' && 'peerId' in error && error.peerId === victim.host.peerId)
      assert.ok(performance.now() - diedMs < 3000)
      await slotsFree(nodes.filter((node) => node !== victim))
    })
  }
})

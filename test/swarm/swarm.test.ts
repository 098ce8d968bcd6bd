import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createHost, type Host } from '../../src/p2p/index.ts'
import { createSwarm, swarmServices, type NodeDescription, type Swarm } from '../../src/swarm/index.ts'
import { sealRecord } from '../../src/swarm/node-record.ts'
import { recordKey } from '../../src/swarm/record-book.ts'

const MODEL = 'baguqeeratestmodel'

export const description = (name: string, start = 0, end = 4): NodeDescription => ({
  name,
  version: '0.1.0',
  device: { kind: 'cpu', label: 'a processor' },
  memoryBytes: 8e9,
  numericClass: 'ort-1.30.0/cpu/avx2',
  protocols: ['/shoal/ring/1.0.0'],
  addresses: ['/ip4/127.0.0.1/tcp/1'],
  spans: [{
    modelId: MODEL, label: 'atlas', layerCount: 8, start, end, state: 'online', compute: 'fast', wires: ['f16', 'f32'],
    freeSlots: { 512: 4 }, decodeMsPerToken: 2, prefillTokensPerSecond: 300, queueMs: 0
  }]
})

interface Node { readonly host: Host, readonly swarm: Swarm, readonly errors: string[] }

describe('swarm over real libp2p nodes, without gossip and mDNS', function () {
  this.timeout(30_000)
  const nodes: Node[] = []

  const start = async (join?: Host, init: { client?: boolean, now?: () => number } = {}): Promise<Node> => {
    const services = swarmServices({ client: init.client ?? false, gossip: false, ...(init.now == null ? {} : { now: init.now }) })
    const host = await createHost({ listen: init.client === true ? [] : ['/ip4/127.0.0.1/tcp/0'], services: services.services })
    const errors: string[] = []
    const swarm = createSwarm({ host, services }, { onError: (context, error) => errors.push(`${context}: ${String(error)}`) })
    await host.start()
    await swarm.start()
    const node = { host, swarm, errors }
    nodes.push(node)
    if (join != null) {
      await host.join(join.addresses()[0] ?? '')
    }
    return node
  }

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ host, swarm }) => {
      await swarm.stop()
      await host.stop()
    }))
  })

  /** Asks again until so many nodes are known: records need a moment to be put. */
  const until = async ({ swarm, errors }: Node, count: number): Promise<string[]> => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const found = await swarm.refresh({ modelId: MODEL })
      if (found.length >= count) {
        return found.map(({ name }) => name).sort()
      }
    }
    throw new Error(`only ${swarm.nodes().length} of ${count} nodes were found: ${errors.slice(-5).join('; ')}`)
  }

  it('finds everybody through the DHT from one bootstrap address', async () => {
    const first = await start()
    await first.swarm.publish(description('node 0', 0, 2))
    for (let index = 1; index < 6; index++) {
      const node = await start(first.host)
      await node.swarm.publish(description(`node ${index}`, index, index + 2))
    }
    const client = await start(first.host, { client: true })
    assert.deepEqual(await until(client, 6), [0, 1, 2, 3, 4, 5].map((index) => `node ${index}`))
    const last = nodes[5]
    assert.ok(last != null)
    assert.equal((await until(last, 5)).length, 5)
    const [record] = client.swarm.nodes()
    assert.equal(record?.spans[0]?.layerCount, 8)
    assert.deepEqual(record.spans[0].freeSlots, { 512: 4 })
  })

  it('hears of changes and of leaving', async () => {
    const a = await start()
    const second = await start(a.host)
    await a.swarm.publish(description('a'))
    await until(second, 1)
    await a.swarm.stop()
    for (let attempt = 0; second.swarm.nodes().length > 0; attempt++) {
      assert.ok(attempt < 20)
      await second.swarm.refresh({ modelId: MODEL, signal: AbortSignal.timeout(500) }).catch(() => [])
    }
  })

  it('refuses forged, stale, oversized and expired records from a raw peer, at those who store and those who read', async () => {
    const victim = await start()
    const storer = await start(victim.host)
    await victim.swarm.publish(description('victim'))
    await until(storer, 1)
    const raw = await start(victim.host)
    await raw.host.join(storer.host.addresses()[0] ?? '')
    const key = recordKey(victim.host.peerId)
    const stranger = await generateKeyPair('Ed25519')
    const now = Date.now()
    const good = await sealRecord(victim.host.privateKey, description('victim'), { seq: BigInt(now) + 1000n, nowMs: now })
    const cases = {
      forged: await sealRecord(stranger, description('victim'), { seq: BigInt(now) + 2000n, nowMs: now }),
      tampered: good.map((byte, index) => index === good.length - 80 ? byte ^ 1 : byte),
      stale: await sealRecord(victim.host.privateKey, description('victim'), { seq: 1n, nowMs: now }),
      expired: await sealRecord(victim.host.privateKey, description('victim'), { seq: BigInt(now) + 3000n, nowMs: now - 200_000 }),
      oversized: new Uint8Array(5000)
    }
    const { contentRouting } = raw.host.libp2p
    for (const [name, record] of Object.entries(cases)) {
      // a put reports who stored it: the raw node's own copy aside, nobody may
      await contentRouting.put(key, record, { signal: AbortSignal.timeout(3000) }).catch(() => { /* refused */ })
      const read = await storer.host.libp2p.contentRouting.get(key, { signal: AbortSignal.timeout(3000) })
      assert.notDeepEqual(read, record, name)
      assert.equal(storer.swarm.nodes().find(({ peerId }) => peerId === victim.host.peerId)?.name, 'victim', name)
    }
    assert.notEqual(peerIdFromPrivateKey(stranger).toString(), victim.host.peerId)
  })
})

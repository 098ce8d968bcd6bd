import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { kadDHT, passthroughMapper, type KadDHT, type KadDHTComponents, type SingleKadDHT } from '@libp2p/kad-dht'
import { createHost, type Host, type Services } from '../../src/p2p/index.ts'
import { createSwarm, DescriptionError, swarmServices, type NodeDescription } from '../../src/swarm/index.ts'
import { sealRecord } from '../../src/swarm/node-record.ts'
import { recordKey } from '../../src/swarm/record-book.ts'
import { joinedDuring } from '../support/signals.ts'
import { description } from './description.ts'
import { findNodes, startNode, type Node, type NodeInit } from './nodes.ts'

describe('swarm over real libp2p nodes, without mDNS', function () {
  this.timeout(30_000)
  const nodes: Node[] = []
  const hosts: Host[] = []

  const start = async (init?: NodeInit): Promise<Node> => {
    const node = await startNode(init)
    nodes.push(node)
    return node
  }

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ host, swarm }) => {
      await swarm.stop()
      await host.stop()
    }))
    await Promise.all(hosts.splice(0).map(async (host) => { await host.stop() }))
  })

  /** The first moment at which a node's table is as it should be. */
  const when = async ({ swarm }: Node, holds: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const check = (): void => { if (holds()) resolve(undefined) }
    const stop = swarm.onChange(check)
    check()
    await promise
    stop()
  }

  it('finds everybody through the DHT alone, from one bootstrap address', async () => {
    const first = await start()
    await first.swarm.publish(description('node 0', 0, 2))
    for (let index = 1; index < 7; index++) {
      const node = await start({ join: [first.host] })
      await node.swarm.publish(description(`node ${index}`, index % 6, index % 6 + 2))
    }
    const everybody = nodes.map((_, index) => `node ${index}`)
    const client = await start({ client: true, join: [first.host] })
    assert.deepEqual(await findNodes(client, 7), everybody)
    await Promise.all(nodes.slice(0, 7).map(async (node, index) => {
      assert.deepEqual(await findNodes(node, 6), everybody.filter((_, other) => other !== index))
    }))
    const [record] = client.swarm.nodes()
    assert.equal(record?.spans[0]?.layerCount, 8)
    assert.deepEqual(record.spans[0].freeSlots, { 512: 4 })
  })

  it('leaves nothing of its queries in what lives as long as the node', async () => {
    const joined = await joinedDuring(async () => {
      const first = await start()
      await first.swarm.publish(description('first', 0, 2))
      const second = await start({ join: [first.host] })
      for (let i = 0; i < 8; i++) await findNodes(second, 1)
    })
    // of one query, which ends, but not of all
    assert.ok(joined < 4, String(joined))
  })

  it('lists all nodes, whatever they serve', async () => {
    const first = await start()
    await first.swarm.publish({ ...description('idle'), spans: [] })
    const client = await start({ client: true, join: [first.host] })
    const { nodes, isWhole } = await client.swarm.refresh()
    assert.deepEqual(nodes.map(({ name }) => name), ['idle'])
    assert.equal(isWhole, true)
  })

  for (const gossip of [false, true]) {
    it(`hears of a change, and of leaving, ${gossip ? 'by gossip and DHT' : 'by the DHT'}`, async () => {
      const a = await start({ gossip })
      const b = await start({ gossip, join: [a.host] })
      await a.swarm.publish(description('a'))
      await findNodes(b, 1)
      // the second follows the first while that is still under way
      await a.swarm.publish(description('b'))
      await a.swarm.publish(description('c'))
      await when(b, () => b.swarm.nodes()[0]?.name === 'c')
      await a.swarm.stop()
      await when(b, () => b.swarm.nodes().length === 0)
    })
  }

  it('tells how busy it is by gossip alone, and not all the time', async () => {
    const a = await start({ gossip: true, loadEveryMs: 500 })
    const b = await start({ gossip: true, join: [a.host] })
    const deaf = await start({ join: [a.host] })
    const busy = (queueMs: number): NodeDescription => ({ ...description('a'), spans: description('a').spans.map((span) => ({ ...span, queueMs })) })
    await a.swarm.publish(busy(0))
    await Promise.all([b, deaf].map(async (node) => { await findNodes(node, 1) }))
    const heard: unknown[] = []
    let stored = 0
    deaf.swarm.onChange(() => { stored++ })
    b.swarm.onChange(() => { heard.push(b.swarm.nodes()[0]?.spans[0]?.queueMs) })
    const startedMs = performance.now()
    for (let queueMs = 1; queueMs <= 100; queueMs++) {
      await a.swarm.publish(busy(queueMs))
      await delay(10)
    }
    await when(b, () => b.swarm.nodes()[0]?.spans[0]?.queueMs === 100)
    assert.ok(heard.length <= 2 + (performance.now() - startedMs) / 500, `heard ${heard.join(', ')}`)
    // a neighbour that has just turned up may be told everything once more
    assert.ok(stored <= 1, `stored ${stored} times`)
  })

  it('does not read again what it has heard of lately', async () => {
    const a = await start()
    let reads = 0
    const services = swarmServices({ client: true, gossip: false })
    const host = await createHost({ listen: [], services: services.services })
    const { dht } = services
    const visitor = createSwarm({ host, services: { ...services, dht: { ...dht, get size () { return dht.size }, async get (peerId, signal) {
      reads++
      return await dht.get(peerId, signal)
    } } } })
    await host.start()
    await visitor.start()
    try {
      await host.join(a.host.addresses()[0] ?? '')
      await a.swarm.publish(description('a'))
      while (visitor.nodes().length === 0) await visitor.refresh()
      reads = 0
      await visitor.refresh()
      assert.equal(reads, 0)
      await visitor.refresh({ freshMs: 0 })
      assert.equal(reads, 1)
    } finally {
      await visitor.stop()
      await host.stop()
    }
  })

  it('listens to gossip from an address that many have come from', async () => {
    const a = await start({ gossip: true })
    const b = await start({ gossip: true, join: [a.host] })
    for (let visit = 0; visit < 16; visit++) {
      const visitor = await startNode({ client: true, gossip: true, join: [a.host] })
      // it is a peer of gossip's when that has a stream to it
      while (a.services.gossip()?.getPeers().some((peer) => peer.toString() === visitor.host.peerId) !== true) await delay(10)
      await visitor.swarm.stop()
      await visitor.host.stop()
    }
    const [listening, telling] = [a.services.gossip(), b.services.gossip()]
    assert.ok(listening !== undefined && telling !== undefined)
    const heard = new Promise((resolve) => { listening.addEventListener('message', resolve) })
    listening.subscribe('/shoal/test')
    while (!telling.getSubscribers('/shoal/test').some((peer) => peer.toString() === a.host.peerId)) await delay(10)
    await telling.publish('/shoal/test', Uint8Array.of(1))
    assert.notEqual(await Promise.race([heard, delay(3000, 'nothing')]), 'nothing')
  })

  it('forgets a node that says nothing any more when its record expires', async () => {
    let ahead = 0
    const a = await start()
    const b = await start({ join: [a.host], now: () => Date.now() + ahead })
    await a.swarm.publish(description('a'))
    await findNodes(b, 1)
    ahead = 151_000
    assert.deepEqual(b.swarm.nodes(), [])
  })

  it('dials a peer where its newest record says it is, and forgets all other places it was seen at', async () => {
    const a = await start()
    const b = await start({ join: [a.host] })
    const { peerStore } = b.host.libp2p
    // libp2p gives a peer up after 25 addresses
    await peerStore.merge(peerIdFromString(a.host.peerId), { multiaddrs: Array.from({ length: 40 }, (_, index) => multiaddr(`/ip4/127.0.0.1/tcp/${index + 1}`)) })
    await a.swarm.publish(description('a'))
    await findNodes(b, 1)
    for (let known = 41; known !== a.host.addresses().length;) {
      // what is in memory is there at once: nothing else would come in
      await delay(20)
      known = (await peerStore.get(peerIdFromString(a.host.peerId))).addresses.length
    }
    b.swarm.drop(a.host.peerId)
    assert.ok(await b.host.ping(a.host.peerId) > 0)
  })

  it('refuses to publish what no record can hold', async () => {
    const { swarm } = await start()
    await assert.rejects(swarm.publish({ ...description('a'), name: 'x'.repeat(65) }), DescriptionError)
  })

  describe('with a peer that keeps to no rule', () => {
    let victim: Node
    let storer: Node
    let raw: KadDHT
    let rawHost: Host

    beforeEach(async () => {
      victim = await start()
      storer = await start({ join: [victim.host] })
      await victim.swarm.publish(description('victim'))
      await findNodes(storer, 1)
      // checks nothing, and answers with what it has
      const accept = kadDHT({
        protocol: '/shoal/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper, initialQuerySelfInterval: 50,
        validators: { 'shoal-node': () => { /* anything goes */ } }, selectors: { 'shoal-node': () => 0 }
      })
      const services = { dht: (components: KadDHTComponents) => raw = accept(components) } as unknown as Services
      rawHost = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'], services })
      hosts.push(rawHost)
      await rawHost.start()
      await rawHost.join(victim.host.addresses()[0] ?? '')
      await rawHost.join(storer.host.addresses()[0] ?? '')
      // both are asked to store what is put
      while ((raw as SingleKadDHT).routingTable.size < 2) await delay(10)
    })

    /** How many peers took it. The raw peer itself keeps it in any case. */
    const put = async (record: Uint8Array): Promise<number> => {
      let taken = 0
      for await (const event of raw.put(recordKey(victim.host.peerId), record, { signal: AbortSignal.timeout(5000) })) {
        taken += event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' ? 1 : 0
      }
      return taken
    }

    const now = Date.now()
    const bad: Record<string, () => Promise<Uint8Array>> = {
      forged: async () => await sealRecord(await generateKeyPair('Ed25519'), description('forged'), { seq: BigInt(now) * 2n, nowMs: Date.now() }),
      tampered: async () => (await sealRecord(victim.host.privateKey, description('tampered'), { seq: BigInt(now) * 2n, nowMs: Date.now() }))
        .map((byte, index, { length }) => index === length - 80 ? byte ^ 1 : byte),
      stale: async () => await sealRecord(victim.host.privateKey, description('stale'), { seq: 1n, nowMs: Date.now() }),
      expired: async () => await sealRecord(victim.host.privateKey, description('expired'), { seq: BigInt(now) * 2n, nowMs: Date.now() - 200_000 }),
      oversized: async () => await Promise.resolve(new Uint8Array(5000))
    }
    for (const [name, make] of Object.entries(bad)) {
      it(`refuses a record that is ${name}: those who store and those who read`, async () => {
        assert.equal(await put(await make()), 0, 'somebody stored it')
        assert.deepEqual(await findNodes(storer, 1), ['victim'])
        assert.ok(!storer.errors.some((error) => error.includes('reading')), storer.errors.join())
        const stranger = await start({ join: [rawHost, victim.host] })
        assert.deepEqual(await findNodes(stranger, 1), ['victim'])
      })
    }

    it('stores what keeps to the rules, also from others', async () => {
      assert.equal(await put(await sealRecord(victim.host.privateKey, description('newer'), { seq: BigInt(Date.now()) + 5000n, nowMs: Date.now() })), 2)
    })
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeFrame } from '../../protocols/frame/index.ts'
import { allowance, createHost, peerGate, type Host, type HostInit, type Link } from '../../src/p2p/index.ts'
import { collect } from './link-compliance.ts'

const PROTOCOLS = ['/shoal/test/1.0.0', '/shoal/other/1.0.0'] as const
const [PROTOCOL] = PROTOCOLS

describe('peers', function () {
  this.timeout(20_000)
  const hosts: Host[] = []
  const start = async (init: HostInit = {}): Promise<Host> => {
    const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'], ...init })
    hosts.push(host)
    await host.start()
    return host
  }
  /** As if nobody were a program of this machine. */
  const strict = (access: NonNullable<HostInit['access']>): HostInit => ({ access, gate: peerGate(access, () => false) })
  const addressOf = (host: Host): string => host.addresses()[0] ?? ''
  afterEach(async () => { await Promise.all(hosts.splice(0).map(async (host) => { await host.stop() })) })

  /** A link over which one frame came. */
  async function talk (from: Host, to: Host): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Link>()
    await to.handle(PROTOCOL, resolve)
    try {
      const near = await from.open(to.peerId, PROTOCOL, { addresses: to.addresses() })
      near.send(encodeFrame({ type: 1 }))
      await collect(await promise).until(1)
    } finally {
      await to.unhandle(PROTOCOL)
    }
  }

  it('on the list of those that may not connect are kept out, and not dialled', async () => {
    const [stranger, friend] = [await start(), await start()]
    const node = await start({ access: { deny: [stranger.peerId] } })
    await assert.rejects(async () => {
      // the other side may learn of it only when it wants to say something
      await stranger.join(addressOf(node))
      await talk(stranger, node)
    })
    await assert.rejects(node.join(addressOf(stranger)), { name: 'DialError', message: /--deny/ })
    await talk(friend, node)
    assert.deepEqual([stranger, friend].map(({ peerId }) => node.mayConnect(peerId)), [false, true])
  })

  it('that are not on the list of those that may connect are kept out, and not dialled', async () => {
    const [stranger, friend] = [await start(), await start()]
    const node = await start(strict({ allow: [friend.peerId] }))
    await assert.rejects(async () => {
      await stranger.join(addressOf(node))
      await talk(stranger, node)
    })
    await assert.rejects(node.join(addressOf(stranger)), { name: 'DialError', message: /--allow/ })
    await talk(friend, node)
    await talk(node, friend)
  })

  it('are on no list where they are programs of this machine, unless they are denied', async () => {
    const [command, denied] = [await start({ listen: [] }), await start({ listen: [] })]
    const node = await start({ access: { allow: [denied.peerId], deny: [denied.peerId] } })
    await talk(command, node)
    await assert.rejects(talk(denied, node))
  })

  it('have so many links over all protocols, and preferred ones as many as each protocol gives', async () => {
    const [stranger, friend] = [await start(), await start()]
    const node = await start({ quotas: { links: 3, prefer: [friend.peerId] } })
    for (const protocol of PROTOCOLS) await node.handle(protocol, () => { /* nothing is said */ })
    for (const [from, open] of [[stranger, 3], [friend, 4]] as const) {
      await from.join(addressOf(node))
      const links = await Promise.all([...PROTOCOLS, ...PROTOCOLS].map(async (protocol) => await from.open(node.peerId, protocol)))
      const ends = links.map((link) => collect(link))
      if (open < links.length) await Promise.race(ends.map(async ({ ended }) => await ended))
      assert.equal(links.filter(({ closed }) => !closed).length, open)
    }
  })

  it('send no more bytes in a second than they may, and lose none', async () => {
    const [stranger, friend] = [await start(), await start()]
    const node = await start({ quotas: { bytesPerSecond: 10_000_000, prefer: [friend.peerId] } })
    const frames = 430
    const send = async (from: Host): Promise<number> => {
      const { promise, resolve } = Promise.withResolvers<ReturnType<typeof collect>>()
      // heard from its first frame on: what comes before anybody listens is not held back
      await node.handle(PROTOCOL, (link) => { resolve(collect(link)) })
      const near = await from.open(node.peerId, PROTOCOL, { addresses: node.addresses() })
      const began = performance.now()
      for (let sent = 0; sent < frames; sent++) {
        if (!near.send(encodeFrame({ type: 1 }, new Uint8Array(70_000)))) await near.drained()
      }
      await (await promise).until(frames)
      await node.unhandle(PROTOCOL)
      return performance.now() - began
    }
    // 30 MB, of which two seconds' worth may come at once; what waits in a window on the way is received all the same
    assert.ok(await send(stranger) > 500)
    await send(friend)
  })
})

describe('an allowance', () => {
  it('never gives more than its rate and what may come at once', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 500 })), { maxLength: 100 }), (perSecond, steps) => {
      let now = 0
      let had = 0
      let last = 0
      const { waitMs, take } = allowance({ perSecond, burstSeconds: 2, isExempt: () => false, now: () => now })
      for (const [pause, amount] of steps) {
        now += pause
        if (waitMs('a') > 0) continue
        take('a', amount)
        had += amount
        last = amount
        // the last may have been too much, and is made up for
        assert.ok(had - last <= perSecond * (now / 1000 + 2) + 1e-6)
      }
    }))
  })

  it('is each peer\'s own, is given back, and is no bound for some', () => {
    let now = 1000
    const { waitMs, take } = allowance({ perSecond: 1, burstSeconds: 10, isExempt: (peer) => peer === 'own', now: () => now })
    take('a', 20)
    take('own', 1000)
    assert.deepEqual([waitMs('a'), waitMs('b'), waitMs('own')], [10_000, 0, 0])
    take('a', -5)
    assert.equal(waitMs('a'), 5000)
    now += 5000
    assert.equal(waitMs('a'), 0)
  })

  it('remembers so many peers and no more', () => {
    const { waitMs, take } = allowance({ perSecond: 1, burstSeconds: 0, isExempt: () => false, now: () => 0, maxPeers: 10 })
    for (let peer = 0; peer < 100; peer++) take(String(peer), 5)
    assert.deepEqual([waitMs('89'), waitMs('90')], [0, 5000])
  })
})

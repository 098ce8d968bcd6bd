import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { encodeFrame, readHeader } from '../../protocols/frame/index.ts'
import { BadAddressError, createHost, decodeInvite, DialError, encodeInvite, loadPsk, newPsk, PortInUseError, type Host, type HostInit, type Link } from '../../src/p2p/index.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { collect, linkCompliance } from './link-compliance.ts'

const PROTOCOL = '/shoal/test/1.0.0'
const TCP = '/ip4/127.0.0.1/tcp/0'

/** Calls by which sockets of this process write. */
function countWrites (): { readonly count: number, end (): void } {
  const hooks = Socket.prototype as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void> // what a stream calls to write one buffer, or several
  const { _write: one, _writev: several } = hooks
  let count = 0
  const counted = (hook: (...args: unknown[]) => void) => function (this: Socket, ...args: unknown[]): void {
    count++
    hook.apply(this, args)
  }
  Object.assign(hooks, { _write: counted(one), _writev: counted(several) })
  return {
    get count () { return count },
    end () { Object.assign(hooks, { _write: one, _writev: several }) }
  }
}

describe('host', function () {
  this.timeout(20_000)
  const hosts: Host[] = []

  const start = async (init: HostInit = {}): Promise<Host> => {
    const host = await createHost({ listen: [TCP], ...init })
    hosts.push(host)
    await host.start()
    return host
  }
  /** The next link that a host is handed. */
  const accepted = async (host: Host, init = {}): Promise<{ link: Promise<Link> }> => {
    const { promise, resolve } = Promise.withResolvers<Link>()
    await host.handle(PROTOCOL, resolve, init)
    return { link: promise }
  }

  afterEach(async () => { await Promise.all(hosts.splice(0).map(async (host) => { await host.stop() })) })
  after(removeFolders)

  describe('link over TCP', () => {
    linkCompliance(async () => {
      const [a, b] = [await start(), await start()]
      const incoming = await accepted(b)
      const near = await a.open(b.peerId, PROTOCOL, { addresses: b.addresses() })
      return { near, far: await incoming.link }
    })
  })

  for (const [name, listen] of [['TCP', TCP], ['WebSocket', `${TCP}/ws`], ['WebRTC-direct', '/ip4/127.0.0.1/udp/0/webrtc-direct']] as const) {
    it(`exchanges frames over ${name} with a peer that is authenticated`, async () => {
      const [a, b] = [await start({ listen: [listen] }), await start({ listen: [listen] })]
      const incoming = await accepted(b)
      const near = await a.open(b.peerId, PROTOCOL, { addresses: b.addresses() })
      near.send(encodeFrame({ type: 1, position: 7 }))
      const far = await incoming.link
      const there = collect(far)
      await there.until(1)
      assert.equal(readHeader(there.frames[0] ?? new Uint8Array()).position, 7)
      assert.equal(far.peer, a.peerId)
      assert.equal(near.peer, b.peerId)
    })
  }

  describe('link for bulk', () => {
    const connections = (host: Host, peer: Host): number => host.libp2p.getConnections(peerIdFromString(peer.peerId)).length

    /** A host has heard from one that dialled it, and where that listens. */
    const identified = async (host: Host): Promise<void> => { await new Promise((resolve) => { host.libp2p.addEventListener('peer:identify', resolve, { once: true }) }) }

    it('has a connection of its own, also to a peer that dialled this one', async () => {
      const [dialler, dialled] = [await start(), await start()]
      const incoming = await accepted(dialler)
      const known = identified(dialled)
      await dialler.join(dialled.addresses()[0] ?? '')
      await known
      const near = await dialled.open(dialler.peerId, PROTOCOL, { bulk: true })
      near.send(encodeFrame({ type: 1 }))
      await collect(await incoming.link).until(1)
      assert.equal(connections(dialled, dialler), 2)
    })

    it('goes over the ordinary connection where the peer can\'t be dialled', async () => {
      const [hidden, dialled] = [await start({ listen: [] }), await start()]
      const incoming = await accepted(hidden)
      const known = identified(dialled)
      await hidden.join(dialled.addresses()[0] ?? '')
      await known
      const near = await dialled.open(hidden.peerId, PROTOCOL, { bulk: true })
      near.send(encodeFrame({ type: 1 }))
      await collect(await incoming.link).until(1)
      assert.equal(connections(dialled, hidden), 1)
    })
  })

  it('writes a frame at once, answers it with no packet, and never holds up what is large', async () => {
    const [a, b] = [await start(), await start()]
    const incoming = await accepted(b)
    const near = await a.open(b.peerId, PROTOCOL, { addresses: b.addresses() })
    near.send(encodeFrame({ type: 1 }))
    const there = collect(await incoming.link)
    await there.until(1)
    const streams = b.libp2p.getConnections().flatMap((connection) => connection.streams)
    const stream = streams.find(({ protocol }) => protocol === PROTOCOL) as unknown as { sendFrame (header: { readonly type: number }): void } // of Yamux
    let updates = 0
    const send = stream.sendFrame.bind(stream)
    stream.sendFrame = (header) => {
      if (header.type === 1) updates++
      send(header)
    }
    const writes = countWrites()
    try {
      for (let count = 0; count < 40; count++) {
        near.send(encodeFrame({ type: 1 }, new Uint8Array(2_048)))
        await there.until(2 + count)
      }
    } finally {
      writes.end()
    }
    assert.equal(updates, 0, '80 KB of a window of 256')
    assert.ok(writes.count >= 40 && writes.count < 60, `${writes.count} writes: one a frame, and a few for what else goes on`)
    for (let count = 0; count < 8; count++) near.send(encodeFrame({ type: 1 }, new Uint8Array(1_000_000)))
    await there.until(49)
    assert.ok(updates >= 2 && updates < 8_000_000 / 65_536, `${updates} updates`)
  })

  it('reaches itself inside the process', async () => {
    const a = await start()
    const incoming = await accepted(a)
    const near = await a.open(a.peerId, PROTOCOL)
    const there = collect(await incoming.link)
    near.send(encodeFrame({ type: 1 }))
    await there.until(1)
    await assert.rejects(a.open(a.peerId, '/shoal/unknown/1.0.0'), DialError)
  })

  it('reaches a node that is behind a relay only', async () => {
    const relay = await start({ relayServer: true })
    const hidden = await start({ listen: [`${relay.addresses()[0] ?? ''}/p2p-circuit`] })
    const asking = await start({ listen: [] })
    const incoming = await accepted(hidden)
    assert.ok(hidden.addresses().every((address) => address.includes('/p2p-circuit')), hidden.addresses().join(' '))
    const near = await asking.open(hidden.peerId, PROTOCOL, { addresses: hidden.addresses() })
    const there = collect(await incoming.link)
    for (let index = 0; index < 20; index++) {
      near.send(encodeFrame({ type: 1, position: index }, new Uint8Array(50_000)))
    }
    await there.until(20)
  })

  it('joins by a /dnsaddr, whose entries are asked for by DNS', async () => {
    const there = await start()
    const asked: string[] = []
    const asking = await start({
      listen: [],
      dns: {
        query: async (name) => {
          asked.push(name)
          const data = `dnsaddr=${there.addresses()[0] ?? ''}`
          return await Promise.resolve({ Status: 0, TC: false, RD: false, RA: false, AD: false, CD: false, Question: [], Answer: [{ name, type: 16, TTL: 60, data }] })
        }
      }
    })
    assert.equal(await asking.join('/dnsaddr/bootstrap.example.org'), there.peerId)
    assert.deepEqual(asked, ['_dnsaddr.bootstrap.example.org'])
  })

  it('ends a link that brings garbage, an end inside a frame, or nothing, and lives', async () => {
    const [a, b] = [await start(), await start()]
    await a.join(b.addresses()[0] ?? '')
    for (const bytes of [new Uint8Array(4).fill(255), new Uint8Array(4), encodeFrame({ type: 1 }, new Uint8Array(100)).subarray(0, 50), new Uint8Array(0)]) {
      const incoming = await accepted(b, { firstFrameMs: 200 })
      const stream = await a.libp2p.dialProtocol(peerIdFromString(b.peerId), PROTOCOL)
      stream.addEventListener('message', () => { /* nothing is expected */ })
      const there = collect(await incoming.link)
      if (bytes.byteLength > 0) {
        stream.send(bytes)
        if (bytes.byteLength === 50) {
          await stream.close()
        }
      }
      assert.ok(await there.ended instanceof Error)
      assert.equal(there.frames.length, 0)
      await b.unhandle(PROTOCOL)
    }
    const incoming = await accepted(b)
    const near = await a.open(b.peerId, PROTOCOL)
    near.send(encodeFrame({ type: 1 }))
    await collect(await incoming.link).until(1)
  })

  it('refuses links beyond the bound of a protocol', async () => {
    const [a, b] = [await start(), await start()]
    const links: Link[] = []
    await b.handle(PROTOCOL, (link) => links.push(link), { maxInboundLinks: 2 })
    await a.join(b.addresses()[0] ?? '')
    const opened = await Promise.all([1, 2, 3].map(async () => await a.open(b.peerId, PROTOCOL)))
    const ends = opened.map((link) => collect(link))
    assert.ok(await Promise.race(ends.map(async ({ ended }) => await ended)) instanceof Error)
    assert.equal(opened.filter(({ closed }) => !closed).length, 2)
    assert.equal(links.length, 2)
  })

  it('keeps strangers out of a private swarm, and says why', async () => {
    const psk = newPsk()
    const [a, b, c, d] = [await start({ psk }), await start({ psk }), await start({ psk: newPsk() }), await start()]
    assert.equal(await b.join(a.addresses()[0] ?? ''), a.peerId)
    await assert.rejects(c.join(a.addresses()[0] ?? ''), { name: 'DialError', message: /pre-shared key is another one/ })
    await assert.rejects(d.join(a.addresses()[0] ?? ''), { name: 'DialError', message: /private swarm/ })
  })

  it('says what is wrong with an address, a port, a peer that is not there', async () => {
    const a = await start()
    await assert.rejects(a.join('example.org:4484'), BadAddressError)
    await assert.rejects(a.join('shoal1xyz'), BadAddressError)
    await assert.rejects(a.join(`/ip4/127.0.0.1/tcp/1/p2p/${a.peerId.slice(0, -1)}A`), (error) => error instanceof DialError || error instanceof BadAddressError)
    await assert.rejects(a.join('/ip4/127.0.0.1/tcp/1'), { name: 'DialError', message: /nobody listens/ })
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await assert.rejects(createHost({ listen: [`/ip4/127.0.0.1/tcp/${port}`] }), PortInUseError)
    server.close()
  })

  it('keeps its identity in a file that only its owner reads', async () => {
    const keyFile = join(await temporaryFolder(), 'key')
    const { peerId } = await createHost({ keyFile, listen: [] })
    assert.equal((await createHost({ keyFile, listen: [] })).peerId, peerId)
    if (process.platform !== 'win32') {
      assert.equal((await stat(keyFile)).mode & 0o777, 0o600)
    }
    const bytes = await readFile(keyFile)
    await writeFile(keyFile, bytes.subarray(0, 5))
    await assert.rejects(createHost({ keyFile, listen: [] }), BadAddressError)
  })

  it('keeps the certificate of WebRTC-direct beside it, so that an address stays valid', async () => {
    const keyFile = join(await temporaryFolder(), 'key')
    const certificateFile = `${keyFile}-webrtc.pem`
    const webRtc = '/ip4/127.0.0.1/udp/0/webrtc-direct'
    const [address = ''] = (await start({ keyFile, listen: [webRtc] })).addresses()
    const [, hash = ''] = address.split('/certhash/')
    await Promise.all(hosts.splice(0).map(async (host) => { await host.stop() }))
    const again = await start({ keyFile, listen: [webRtc] })
    // the port may not be free again yet
    const [, port = ''] = /udp\/(\d+)/.exec(again.addresses()[0] ?? '') ?? []
    assert.equal(await (await start({ listen: [webRtc] })).join(`/ip4/127.0.0.1/udp/${port}/webrtc-direct/certhash/${hash}`), again.peerId)
    if (process.platform !== 'win32') {
      assert.equal((await stat(certificateFile)).mode & 0o777, 0o600)
    }
    await writeFile(certificateFile, (await readFile(certificateFile)).subarray(0, 100))
    const replaced = await start({ keyFile, listen: [webRtc] })
    assert.notEqual(replaced.addresses()[0]?.split('/certhash/')[1] ?? hash, hash)
  })

  it('signs what others can verify', async () => {
    const [a, b] = [await createHost({ listen: [] }), await createHost({ listen: [] })]
    const bytes = Uint8Array.of(1, 2, 3)
    const signature = await a.sign(bytes)
    assert.ok(await b.verify(a.peerId, bytes, signature))
    assert.ok(!await b.verify(b.peerId, bytes, signature))
  })
})

describe('invite', () => {
  it('gives back addresses and key, and nothing for damaged text', async () => {
    const psk = newPsk()
    const invite = { addresses: ['/ip4/127.0.0.1/tcp/4484'], psk }
    const text = encodeInvite(invite)
    const decoded = decodeInvite(text)
    assert.deepEqual(decoded.addresses, invite.addresses)
    assert.deepEqual(decoded.psk, psk)
    const path = join(await temporaryFolder(), 'swarm.key')
    await writeFile(path, psk)
    assert.deepEqual(new Uint8Array(await loadPsk(path)), psk)
    fc.assert(fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      try {
        decodeInvite(text.slice(0, at) + character + text.slice(at + 1))
      } catch (error) {
        assert.ok(error instanceof BadAddressError)
      }
    }))
  })
  after(removeFolders)
})

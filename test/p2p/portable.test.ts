import assert from 'node:assert/strict'
import { encodeInvite, newPsk, pskOf, targetsOf, wayOf, type Way } from '../../src/p2p/index.ts'

const ID = '/p2p/12D3KooWFBQ61ZBdtGLcgpYNLbmxjrCtVdvhTobvGXkwYAmKmJJS'

describe('what carries a connection', () => {
  const cases: ReadonlyArray<readonly [string, Way]> = [
    [`/ip4/1.2.3.4/tcp/4484${ID}`, 'tcp'],
    [`/ip4/1.2.3.4/tcp/4485/ws${ID}`, 'websocket'],
    [`/dns4/example.org/tcp/443/tls/ws${ID}`, 'websocket'],
    [`/dns4/example.org/tcp/443/wss${ID}`, 'websocket'],
    [`/ip6/::1/udp/4486/webrtc-direct/certhash/uEiDI${ID}`, 'webrtc-direct'],
    [`/ip4/1.2.3.4/udp/4486/quic-v1${ID}`, 'other'],
    [`/ip4/1.2.3.4/tcp/4485/ws${ID}/p2p-circuit${ID}`, 'relay'],
    [`/ip4/1.2.3.4/tcp/4485/ws${ID}/p2p-circuit/webrtc${ID}`, 'relay'],
    [`/webrtc${ID}`, 'webrtc'],
    ['', 'other']
  ]
  for (const [address, way] of cases) {
    it(`is ${way} for ${address}`, () => { assert.equal(wayOf(address), way) })
  }
})

describe('what is joined', () => {
  const address = `/ip4/127.0.0.1/tcp/4484${ID}`
  const [one, other] = [newPsk(), newPsk()]

  it('is an address or what an invite holds', () => {
    assert.deepEqual(targetsOf(address), [address])
    assert.deepEqual(targetsOf(encodeInvite({ addresses: [address] })), [address])
    assert.throws(() => targetsOf('localhost:4484'), { name: 'BadAddressError' })
  })

  it('brings the key of one private swarm, or none', () => {
    const [with1, with2] = [one, other].map((psk) => encodeInvite({ addresses: [address], psk }))
    assert.equal(pskOf([address, encodeInvite({ addresses: [address] })]), undefined)
    assert.deepEqual(pskOf([address, with1 ?? '', with1 ?? '']), one)
    assert.throws(() => pskOf([with1 ?? '', with2 ?? '']), { name: 'BadAddressError', message: /different private swarms/ })
  })
})

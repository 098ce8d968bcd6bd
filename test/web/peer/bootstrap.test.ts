import assert from 'node:assert/strict'
import { addressesOf, againMs, dialable, joinOf } from '../../../web/peer/bootstrap.ts'

const ID = '/p2p/12D3KooWFBQ61ZBdtGLcgpYNLbmxjrCtVdvhTobvGXkwYAmKmJJS'
const WS_HERE = `/ip4/127.0.0.1/tcp/4485/ws${ID}`
const WS_LAN = `/ip4/192.168.1.5/tcp/4485/ws${ID}`
const WSS = `/dns4/example.org/tcp/443/tls/ws${ID}`
const WSS_OLD = `/dns4/example.org/tcp/443/wss${ID}`
const RTC = `/ip4/192.168.1.5/udp/4486/webrtc-direct/certhash/uEiDI${ID}`
const RELAYED = `/ip4/192.168.1.5/tcp/4485/ws${ID}/p2p-circuit${ID}`
const ALL = [`/ip4/127.0.0.1/tcp/4484${ID}`, WS_HERE, WS_LAN, WSS, WSS_OLD, RTC, `/ip4/192.168.1.5/udp/4486/webrtc-direct${ID}`, RELAYED]

describe('where the page at /peer joins', () => {
  const cases: ReadonlyArray<readonly [string, Parameters<typeof dialable>[1], readonly string[]]> = [
    ['this machine\'s own page', { hostname: 'localhost', encrypted: false }, [WS_HERE, WS_LAN, WSS, WSS_OLD, RTC, RELAYED]],
    ['a page of another machine', { hostname: '192.168.1.5', encrypted: false }, [WS_LAN, WSS, WSS_OLD, RTC, RELAYED]],
    ['an encrypted page', { hostname: 'example.org', encrypted: true }, [WSS, WSS_OLD, RTC]],
    ['an encrypted page of this machine', { hostname: '127.0.0.1', encrypted: true }, [WS_HERE, WSS, WSS_OLD, RTC]]
  ]
  for (const [what, place, expected] of cases) {
    it(`is where a browser may connect to from ${what}`, () => { assert.deepEqual(dialable(ALL, place), expected) })
  }

  it('is what the link says', () => {
    assert.deepEqual(joinOf(''), [])
    assert.deepEqual(joinOf('#x=1'), [])
    assert.deepEqual(joinOf(`#join=${WS_HERE}`), [WS_HERE])
    assert.deepEqual(joinOf(`#join=${encodeURIComponent(WS_HERE)}&join=%20shoal1abc`), [WS_HERE, 'shoal1abc'])
  })

  it('is tried again later each time, up to half a minute', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5, 100].map(againMs), [2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000])
  })

  it('is what the node tells, and an error where that is something else', () => {
    assert.deepEqual(addressesOf({ peerId: 'x', addresses: [WS_HERE, 5, null] }), [WS_HERE])
    for (const body of [undefined, null, 'x', {}, { addresses: 'x' }]) assert.throws(() => addressesOf(body), /did not tell/)
  })
})

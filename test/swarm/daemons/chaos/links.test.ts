import assert from 'node:assert/strict'
import { readHeader } from '../../../../protocols/frame/index.ts'
import { RingType } from '../../../../protocols/ring/index.ts'
import { importEmbedded } from '../../../../src/daemon/index.ts'
import { hear, type Heard } from '../../../support/herd.ts'
import { ringInProcess, type RingInProcess } from '../../../support/ring-in-process.ts'
import { removeFolders, temporaryFolder } from '../../../support/shoal.ts'
import type { Host, Link } from '../../../../src/p2p/index.ts'

const isWhole = process.env.SHOAL_CHAOS === 'all'
const STAGES = ['head', 'middle', 'tail'] as const
const SPANS = [[0, 3], [3, 5], [5, 8]] as const
const TOKENS = 30
/** Frames of the node before something happens to one; it sends some thirty. */
const MOMENTS = isWhole ? [3, 9, 10, 11, 27] : [21]

/** What is sent in place of a frame, and of one that was kept back before it. Of the right length and other numbers is what only audits find. */
const faults: Readonly<Record<string, { readonly slow?: boolean, send (frame: Uint8Array): { readonly sent: readonly Uint8Array[], readonly kept?: Uint8Array } }>> = {
  // a ring that lost a frame stands still until it is sure of that
  drops: { slow: true, send: () => ({ sent: [] }) },
  reorders: { slow: true, send: (frame) => ({ sent: [], kept: frame }) },
  duplicates: { send: (frame) => ({ sent: [frame, frame] }) },
  truncates: {
    send: (frame) => {
      const short = frame.slice(0, Math.max(24, frame.length - 3))
      new DataView(short.buffer).setUint32(0, short.length - 4, true)
      return { sent: [short] }
    }
  },
  corrupts: {
    send: (frame) => {
      const corrupt = frame.slice()
      if (readHeader(frame).type === RingType.hidden) corrupt.fill(0xff, 24)
      else corrupt[4] = 0x7f
      return { sent: [corrupt] }
    }
  }
}

/** What is to happen next, and to whom. */
let next: { readonly index: number, left: number, readonly fault: string } | undefined

/** The same host, with links that do what `next` says. */
function faulty (host: Host, index: number): Pick<Host, 'peerId' | 'open' | 'handle' | 'unhandle' | 'sign' | 'verify'> {
  function disturbed (link: Link): Link {
    let kept: Uint8Array | undefined
    const send = (frame: Uint8Array): boolean => {
      const before = kept === undefined ? [] : [kept]
      kept = undefined
      let sent: readonly Uint8Array[] = [frame]
      if (next?.index === index && next.left-- === 0) {
        const fault = faults[next.fault]
        next = undefined
        const made = fault?.send(frame)
        sent = made?.sent ?? sent
        kept = made?.kept
      }
      return [...sent, ...before].reduce((more, each) => link.send(each) && more, true)
    }
    return new Proxy(link, {
      get (target, key) {
        if (key === 'send') return send
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) as unknown : value
      }
    })
  }
  return {
    peerId: host.peerId,
    open: async (...args) => disturbed(await host.open(...args)),
    handle: async (protocol, handler, init) => { await host.handle(protocol, (link) => { handler(disturbed(link)) }, init) },
    unhandle: async (protocol) => { await host.unhandle(protocol) },
    sign: async (bytes) => await host.sign(bytes),
    verify: async (...args) => await host.verify(...args)
  }
}

describe('an answer over links that fail', function () {
  this.timeout(isWhole ? 3_600_000 : 240_000)
  let ring: RingInProcess
  let expected: readonly number[]

  const ask = async (): Promise<Heard> => await hear(ring.ask({
    prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me about Germany.' }] }, maxTokens: TOKENS, stop: [], sampling: { temperature: 0 }, wire: 'f32', ignoreEos: true
  }))

  before(async () => {
    const folder = await temporaryFolder()
    await importEmbedded(folder, {})
    ring = await ringInProcess({ model: 'atlas', folder, spans: SPANS, copies: 2, slots: 4, contextLength: 256, hostOf: faulty })
    ;({ tokens: expected } = await ask())
    assert.equal(expected.length, TOKENS)
  })
  after(async () => {
    await ring.stop()
    await removeFolders()
  })

  // ten seconds each: all of them only in the long run
  const [slowOne] = Object.keys(faults)
  for (const [fault, { slow = false }] of Object.entries(faults).filter(([name, { slow }]) => isWhole || slow !== true || name === slowOne)) {
    const stages = slow && !isWhole ? ['middle'] as const : STAGES
    it(`is the same when a node ${fault} a frame, and nobody holds anything afterwards`, async () => {
      for (const stage of stages) {
        for (const left of MOMENTS) {
          next = { index: STAGES.indexOf(stage), left, fault }
          const { tokens } = await ask()
          assert.equal(next, undefined, 'nothing happened')
          assert.deepEqual(tokens, expected, `${stage}, after ${left} frames`)
        }
      }
      while (ring.servers.some(({ sessions }) => sessions > 0)) await new Promise((resolve) => { setImmediate(resolve) })
    })
  }
})

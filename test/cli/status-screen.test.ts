import assert from 'node:assert/strict'
import fc from 'fast-check'
import { coverageBar, spanBar, statusLine, statusScreen } from '../../src/cli/status-screen.ts'
import type { Overview } from '../../src/daemon/index.ts'

const node = (peerId: string, span: [number, number], changes: Partial<Overview['nodes'][number]> = {}, state = 'online'): Overview['nodes'][number] => ({
  peerId: `12D3KooW${peerId}`, name: peerId, device: { kind: 'cpu', label: 'A processor' }, memoryBytes: 8e9, roundTripMs: 1.25, offers: [],
  spans: [{ model: 'atlas', modelId: 'bafy', span, state, freeSlots: { 512: 3, 2048: 1 }, decodeMsPerToken: 2.5, prefillTokensPerSecond: 512, queueMs: 4 }],
  ...changes
})

const SEEN: Overview = {
  self: '12D3KooWaaaaaaaa',
  nodes: [node('aaaaaaaa', [0, 3], { roundTripMs: null }), node('bbbbbbbb', [3, 6]), node('cccccccc', [6, 8], {}, 'loading'), node('dddddddd', [0, 0], { spans: [], offers: [{ model: 'atlas', modelId: 'bafy' }] })],
  models: [{ modelId: 'bafy', model: 'atlas', layerCount: 8, coverage: [1, 1, 1, 1, 1, 1, 0, 0], missing: [[6, 8]], covered: false, nodes: 3 }],
  own: {
    phase: 'serving', answers: 1, stages: 2, tokensPerSecond: 20, tokens: 100, repairs: { reset: 2 }, kv: { slots: 8, usedSlots: 2, bytes: 64e6, usedBytes: 16e6 },
    running: [{ sessionId: '0123456789abcdef', promptTokens: 20, completionTokens: 7, tokensPerSecond: 20, totalMs: 1500, route: [{ peerId: '12D3KooWaaaaaaaa', span: [0, 3] }, { peerId: '12D3KooWbbbbbbbb', span: [3, 6] }] }]
  }
}
const INIT = { columns: 110, rows: 40, time: '12:34:56', tokensPerSecond: 31.5 }
const texts = (...args: Parameters<typeof statusScreen>): string[] => statusScreen(...args).map(({ text }) => text)

describe('the swarm on a terminal', () => {
  it('shows nodes as bars over the layers, coverage and gaps, and what this node does', () => {
    assert.deepEqual(texts(SEEN, INIT), [
      'shoal  …aaaaaaaa  serving  12:34:56',
      '',
      'atlas  8 layers, 3 nodes',
      '  nobody serves 6:8',
      '  111111··',
      '  NODE                  LAYERS  STATE    MS/TOKEN  FREE  RTT     QUEUE  PREFILL/S  NAME      DEVICE',
      '  …aaaaaaaa*  ███░░░░░  0:3     online   2.5       3             4 ms   512        aaaaaaaa  A processor',
      '  …bbbbbbbb   ░░░███░░  3:6     online   2.5       3     1.3 ms  4 ms   512        bbbbbbbb  A processor',
      '  …cccccccc   ░░░░░░▒▒  6:8     loading  2.5       3     1.3 ms  4 ms   512        cccccccc  A processor',
      '',
      '…dddddddd  dddddddd  gives away atlas  1.3 ms',
      '',
      '1 answer · 2 sessions of stages · 31.5 tokens/s · KV 2 of 8 slots, 16.0 MB of 64.0 MB · repairs: 2 reset',
      '  01234567  20 + 7 tokens  20.0/s  1.5 s  …aaaa[0:3] …bbbb[3:6]'
    ])
  })

  it('leaves columns out where the terminal is narrow: the less they say, the sooner', () => {
    const narrow = texts(SEEN, { ...INIT, columns: 44 })
    assert.ok(narrow.includes('  …bbbbbbbb   ░░░███░░  3:6     online'), narrow.join('\n'))
    assert.ok(texts(SEEN, { ...INIT, columns: 24 }).includes('  …bbbbbbbb   3:6'))
  })

  it('keeps the last picture and says why there is no new one', () => {
    const gone = texts(SEEN, { ...INIT, note: 'no node runs here' })
    assert.equal(gone[1], 'no node runs here')
    assert.ok(gone.some((line) => line.includes('…bbbbbbbb')))
    assert.deepEqual(texts(undefined, { ...INIT, note: 'no node runs here' }), ['shoal  12:34:56', 'no node runs here'])
  })

  it('says how much does not fit a low terminal, and shows what this node does all the same', () => {
    const low = texts(SEEN, { ...INIT, rows: 9 })
    assert.equal(low.length, 9)
    assert.ok(low.some((line) => /^… \d more lines/.test(line)) && low.some((line) => line.includes('1 answer')))
  })

  it('shows several layers of a large model in one cell, by the worst of them', () => {
    assert.equal(coverageBar({ layerCount: 8, coverage: [1, 2, 3, 0, 12, 12, 2, 2] }, 4), '1·+2')
    assert.equal(spanBar([10, 20], 80, 8, true), '░█░░░░░░')
    assert.equal(spanBar([0, 1], 80, 8, false), '▒░░░░░░░')
  })

  it('is one line where no terminal is', () => {
    assert.equal(statusLine(SEEN, INIT), '12:34:56 · atlas 8 layers by 3, nobody serves 6:8 · 1 answer · 2 sessions of stages · 31.5 tokens/s · KV 2 of 8 slots, 16.0 MB of 64.0 MB · repairs: 2 reset')
    assert.equal(statusLine({ self: null, nodes: [], models: [], own: null }, INIT), '12:34:56 · no layers are served')
  })

  it('fits every terminal, whatever others call themselves', () => {
    const name = fc.oneof(fc.string({ maxLength: 64 }), fc.constantFrom('\u001b[2J', 'a\nb', '\u202eevil', '漢字', '\u0007'))
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), fc.array(fc.tuple(name, fc.nat(7), fc.boolean()), { maxLength: 30 }), (columns, rows, some) => {
      const nodes = some.map(([called, start, idle]) => node(called, [start, 8], { name: called, device: { kind: 'cpu', label: called }, ...(idle ? { spans: [], offers: [{ model: called, modelId: 'x' }] } : {}) }))
      const lines = statusScreen({ ...SEEN, nodes, models: SEEN.models.map((model) => ({ ...model, model: some[0]?.[0] ?? 'm' })) }, { ...INIT, columns, rows })
      assert.ok(lines.length <= rows)
      for (const { text } of lines) {
        assert.ok(Array.from(text).length <= columns)
        // none of these may reach the terminal
        assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
      }
    }))
  })
})

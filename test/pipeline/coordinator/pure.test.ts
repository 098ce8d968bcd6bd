import assert from 'node:assert/strict'
import fc from 'fast-check'
import { promptChunks } from '../../../src/pipeline/coordinator/request.ts'
import { textStream } from '../../../src/pipeline/coordinator/text-stream.ts'
import { wholeSpanRoute } from '../../../src/pipeline/coordinator/whole-spans.ts'
import { planRoute, type RouteCandidate } from '../../../src/routing/index.ts'

describe('promptChunks', () => {
  it('covers the prompt in order, in chunks of the size asked for or one more, and never leaves a single row', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 130 }), fc.integer({ min: 0, max: 1000 }), (length, rows, start) => {
      const chunks = promptChunks(start, start + length, rows)
      let at = start
      for (const { from, to } of chunks) {
        assert.equal(from, at)
        assert.ok(to - from <= Math.max(rows, 3))
        assert.ok(to - from >= 2 || length === 1)
        at = to
      }
      assert.equal(at, start + length)
    }))
  })
})

/** Each id is a piece of text; ids below 0 are half a character. */
const decoder = (pieces: readonly string[]) => {
  let half = ''
  return {
    push (id: number) {
      const piece = pieces[id] ?? ''
      if (piece === 'half') { half += 'h'; return '' }
      const text = half === '' ? piece : `é${piece}`
      half = ''
      return text
    },
    flush () { const rest = half === '' ? '' : '\ufffd'; half = ''; return rest }
  }
}

describe('textStream', () => {
  const pieces = fc.array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 20 })
  const stops = fc.array(fc.stringMatching(/^[ab]{1,5}$/), { maxLength: 3 })

  it('gives the text up to the first stop string, as soon as it is certain, whatever the pieces', () => {
    fc.assert(fc.property(pieces, stops, (parts, ends) => {
      const stream = textStream(decoder(parts), ends)
      const whole = parts.join('')
      let said = ''
      let stopped = false
      for (const id of parts.keys()) {
        const piece = stream.push(id)
        said += piece.text
        stopped = piece.stopped
        if (stopped) break
        // nothing that a stop string could still take back was said, and nothing else was held back
        const so = parts.slice(0, id + 1).join('')
        const undecided = Math.max(0, ...ends.flatMap((end) => Array.from({ length: Math.min(end.length - 1, so.length) }, (_, n) => so.endsWith(end.slice(0, n + 1)) ? n + 1 : 0)))
        assert.equal(said, so.slice(0, so.length - undecided))
      }
      if (!stopped) said += stream.flush().text
      const found = Math.min(whole.length, ...ends.map((end) => whole.indexOf(end)).filter((at) => at >= 0))
      // among stop strings that complete together the earliest begins the cut
      assert.ok(stopped ? whole.startsWith(said) && said.length >= found : said === whole)
      assert.ok(ends.every((end) => !said.includes(end)))
    }), { numRuns: 500 })
  })

  it('holds half a character back until it is whole, or the end', () => {
    const stream = textStream(decoder(['a', 'half', 'b']), [])
    assert.deepEqual([stream.push(0).text, stream.holding], ['a', false])
    assert.deepEqual([stream.push(1).text, stream.holding], ['', true])
    assert.deepEqual([stream.push(2).text, stream.holding], ['éb', false])
    stream.push(1)
    assert.equal(stream.flush().text, '\ufffd')
  })
})

describe('wholeSpanRoute', () => {
  it('finds a route of whole spans wherever there is one, and the shortest, as trying all would', () => {
    const spans = fc.uniqueArray(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 8, selector: ([start, length]) => `${start} ${length}` })
    fc.assert(fc.property(spans, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 8, maxLength: 8 }), (list, speeds) => {
      const candidates: RouteCandidate[] = list
        .map(([start, length], index) => ({ peerId: `p${index}`, start, end: Math.min(6, start + length), decodeMsPerToken: speeds[index] ?? 1, queueMs: 0, divisible: false, hasCapacity: true }))
      const request = { layerCount: 6, candidates, oneWayMs: (from: string, to: string) => from === to ? 0 : 5 }
      const chains = (from: number): RouteCandidate[][] => from === 6
        ? [[]]
        : candidates.filter(({ start }) => start === from).flatMap((first) => chains(first.end).map((rest) => [first, ...rest]))
      const costs = chains(0).map((chain) => chain.reduce((sum, { decodeMsPerToken }) => sum + decodeMsPerToken, 0) + (chain.length > 1 ? chain.length * 5 : 0))
      const found = wholeSpanRoute(planRoute, request)
      if (costs.length === 0) {
        assert.equal(found, undefined)
        return
      }
      assert.ok(found !== undefined)
      for (const hop of found.hops) assert.ok(candidates.some(({ peerId, start, end }) => peerId === hop.peerId && start === hop.start && end === hop.end))
      assert.ok(Math.abs(found.lapMs - Math.min(...costs)) < 1e-3, `${found.lapMs} for ${Math.min(...costs)}`)
    }), { numRuns: 300 })
  })
})

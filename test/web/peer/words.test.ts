import assert from 'node:assert/strict'
import { connectionWords, progressWords, resultWords } from '../../../web/peer/words.ts'
import type { ProgressEvent } from '../../../src/client/api.ts'

const to = { peerId: '12D3KooWFBQ61ZBd', way: 'webrtc-direct', address: '/ip4/127.0.0.1' } as const
const route = [{ peerId: 'aaaaaaaaaaaa1111', span: [0, 4] }, { peerId: 'aaaaaaaaaaaa2222', span: [4, 8] }] as const

describe('what the page at /peer says', () => {
  const cases: ReadonlyArray<readonly [ProgressEvent, string]> = [
    [{ kind: 'joined', ...to }, 'Connected by WebRTC-direct to …FBQ61ZBd'],
    [{ kind: 'finding' }, 'Looking for models…'],
    [{ kind: 'finding', model: 'atlas' }, 'Looking for atlas…'],
    [{ kind: 'waiting', for: 'loading' }, 'Waiting for nodes that are loading…'],
    [{ kind: 'waiting', for: 'nodes' }, 'Looking for nodes…'],
    [{ kind: 'model', model: 'atlas', modelId: 'x', guessed: false }, 'Asking atlas…'],
    [{ kind: 'connected', ...to }, 'Asking …FBQ61ZBd by WebRTC-direct…'],
    [{ kind: 'route', sessionId: '', promptTokens: 1, route }, 'Route: …aaaa1111[0:4] → …aaaa2222[4:8]'],
    [{ kind: 'repaired', lost: [route[1]], tookMs: 84.4, replayed: 3, route: [route[0]] }, '…aaaa2222[4:8] was lost; the answer goes on after 84 ms by …aaaa1111[0:4]'],
    [{ kind: 'toolCall', index: 0, call: { id: '', name: 'f', arguments: '{}' } }, 'Calls f']
  ]
  for (const [event, text] of cases) {
    it(`is "${text}"`, () => { assert.equal(progressWords(event), text) })
  }

  it('names the way and the peer, and what an answer came to', () => {
    assert.equal(connectionWords({ ...to, way: 'relay' }), 'Connected by relay to …FBQ61ZBd')
    assert.equal(resultWords({
      text: '', tokens: [], toolCalls: [], finishReason: 'stop', model: '', modelId: '', usage: { promptTokens: 1, completionTokens: 7, cachedTokens: 0 }, route,
      timings: { ttftMs: 1, totalMs: 2, tokensPerSecond: 21.26 }
    }), '7 tokens, 21.3 a second, by …aaaa1111[0:4] → …aaaa2222[4:8]')
  })
})

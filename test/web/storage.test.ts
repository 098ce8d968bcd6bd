import assert from 'node:assert/strict'
import fc from 'fast-check'
import { clampSampling, DEFAULT_SAMPLING, loadChat, loadChoices, saveChat, saveChoices, type Keep } from '../../web/chat/storage.ts'
import type { ChatState, Conversation } from '../../web/chat/types.ts'

function keep (most = Infinity): Keep & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => {
      if (value.length > most) throw new DOMException('full', 'QuotaExceededError')
      kept.set(name, value)
    },
    removeItem: (name) => { kept.delete(name) }
  }
}

const conversation = (id: string, text = 'x'): Conversation => ({
  id,
  createdAtMs: 1,
  turns: [
    { id: `u${id}`, role: 'user', text },
    { id: `a${id}`, role: 'assistant', text: 'y', answer: { status: 'done', model: 'm', askedAtMs: 1, ttftMs: 2, endedAtMs: 3, tokens: 4, promptTokens: 5, finishReason: 'stop', route: [{ peerId: 'p', span: [0, 2] }], repairs: [] } }
  ]
})
const stateOf = (...conversations: Conversation[]): ChatState => ({ conversations, currentId: conversations[0]?.id ?? '' })

describe('what the page remembers', () => {
  it('is read as it was written', () => {
    const place = keep()
    const state = stateOf(conversation('1'), conversation('2'))
    saveChat(place, state)
    assert.deepEqual(loadChat(place), state)
    const choices = { model: 'id', sampling: { ...DEFAULT_SAMPLING, seed: 7, system: 'Be brief.' } }
    saveChoices(place, choices)
    assert.deepEqual(loadChoices(place), choices)
  })

  it('has no running answers', () => {
    const place = keep()
    const [user] = conversation('1').turns
    assert.ok(user !== undefined)
    saveChat(place, stateOf({ id: '1', createdAtMs: 1, turns: [user, { id: 'a', role: 'assistant', text: 'half', answer: { status: 'streaming', model: 'm', askedAtMs: 1, tokens: 1, route: [], repairs: [] } }] }))
    const turn = loadChat(place)?.conversations[0]?.turns[1]
    assert.ok(turn?.role === 'assistant' && turn.answer.status === 'stopped')
  })

  it('loses the oldest conversations where there is no room', () => {
    const place = keep()
    saveChat(place, stateOf(conversation('1', 'x'.repeat(1_500_000)), conversation('2', 'x'.repeat(700_000))))
    assert.deepEqual(loadChat(place)?.conversations.map(({ id }) => id), ['1'])
    const small = keep(2500)
    saveChat(small, stateOf(...Array.from({ length: 20 }, (_, index) => conversation(String(index)))))
    assert.deepEqual(loadChat(small)?.conversations.map(({ id }) => id), ['0', '1', '2', '3', '4'])
  })

  it('is nothing where storage is forbidden, broken or of another kind', () => {
    const forbidden: Keep = { getItem: () => { throw new Error('no') }, setItem: () => { throw new Error('no') }, removeItem: () => { throw new Error('no') } }
    assert.equal(loadChat(forbidden), undefined)
    saveChat(forbidden, stateOf(conversation('1')))
    assert.deepEqual(loadChoices(forbidden).sampling, DEFAULT_SAMPLING)
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      const place = keep()
      place.setItem('shoal.chat', text)
      place.setItem('shoal.choices', text)
      loadChat(place)
      loadChoices(place)
    }))
  })

  it('keeps choices within what a node takes', () => {
    fc.assert(fc.property(fc.anything(), fc.dictionary(fc.constantFrom('temperature', 'topP', 'topK', 'minP', 'maxTokens', 'seed', 'system'), fc.anything()), (value, given) => {
      for (const each of [clampSampling(value), clampSampling(given)]) {
        assert.ok(each.temperature >= 0 && each.temperature <= 2 && each.topP >= 0 && each.topP <= 1 && each.minP >= 0 && each.minP <= 1)
        assert.ok(Number.isInteger(each.topK) && Number.isInteger(each.maxTokens) && each.maxTokens >= 1 && (each.seed === undefined || Number.isSafeInteger(each.seed)))
      }
    }))
  })
})

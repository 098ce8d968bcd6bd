import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chatReducer, currentOf, emptyChat, isRunning, titleOf, tokensPerSecond, type ChatAction } from '../../web/chat/chat-state.ts'
import type { AnswerEvent, AssistantTurn, ChatState } from '../../web/chat/types.ts'

const start = emptyChat('c1', 0)
const ask = (text: string, n: number, from?: string): ChatAction =>
  ({ kind: 'ask', text, userId: `u${n}`, answerId: `a${n}`, model: 'atlas', atMs: 1000, ...(from === undefined ? {} : { from }) })
const told = (answerId: string, event: AnswerEvent, atMs = 1500): ChatAction => ({ kind: 'event', answerId, event, atMs })
const end = (answerId: string, status: 'done' | 'stopped' = 'done'): ChatAction => ({ kind: 'end', answerId, status, atMs: 2500 })
const run = (...actions: ChatAction[]): ChatState => actions.reduce(chatReducer, start)
const texts = (state: ChatState): string[] => currentOf(state).turns.map(({ text }) => text)
const lastAnswer = (state: ChatState): AssistantTurn => {
  const turn = currentOf(state).turns.at(-1)
  assert.ok(turn?.role === 'assistant')
  return turn
}

describe('the chat', () => {
  it('takes an answer piece by piece, with its times, its counts and its end', () => {
    const state = run(
      ask('Capital?', 1),
      told('a1', { kind: 'route', route: [{ peerId: 'p', span: [0, 8] }] }, 1100),
      told('a1', { kind: 'text', text: 'Li' }, 1200),
      told('a1', { kind: 'text', text: 'ma' }, 1700),
      told('a1', { kind: 'finish', reason: 'stop' }),
      told('a1', { kind: 'usage', promptTokens: 9, completionTokens: 3 }),
      { kind: 'end', answerId: 'a1', status: 'done', atMs: 2200 }
    )
    assert.deepEqual(texts(state), ['Capital?', 'Lima'])
    const { answer } = lastAnswer(state)
    assert.deepEqual([answer.status, answer.ttftMs, answer.tokens, answer.promptTokens, answer.finishReason, answer.endedAtMs], ['done', 200, 3, 9, 'stop', 2200])
    assert.equal(tokensPerSecond(answer, 99_999), 2)
    assert.deepEqual(answer.route, [{ peerId: 'p', span: [0, 8] }])
  })

  it('keeps what came before it was stopped, and takes nothing more', () => {
    const state = run(ask('x', 1), told('a1', { kind: 'text', text: 'half' }), end('a1', 'stopped'), told('a1', { kind: 'text', text: ' more' }), end('a1'))
    assert.deepEqual(texts(state), ['x', 'half'])
    assert.equal(lastAnswer(state).answer.status, 'stopped')
  })

  it('says what went wrong, and asks the same again in its place', () => {
    const failed = run(ask('x', 1), { kind: 'fail', answerId: 'a1', failure: { message: 'nobody serves layers 3 to 4', status: 503 }, atMs: 1 })
    assert.deepEqual(lastAnswer(failed).answer.failure, { message: 'nobody serves layers 3 to 4', status: 503 })
    const again = chatReducer(failed, { kind: 'retry', turnId: 'a1', answerId: 'a2', model: 'other', atMs: 5 })
    assert.deepEqual(currentOf(again).turns.map(({ id }) => id), ['u1', 'a2'])
    assert.deepEqual([lastAnswer(again).answer.status, lastAnswer(again).answer.model, lastAnswer(again).answer.failure], ['waiting', 'other', undefined])
  })

  it('replaces an earlier question and forgets what came after it', () => {
    const state = run(ask('one', 1), end('a1'), ask('two', 2), end('a2'), ask('three', 3), end('a3'), ask('two!', 4, 'u2'))
    assert.deepEqual(currentOf(state).turns.map(({ id }) => id), ['u1', 'a1', 'u4', 'a4'])
  })

  it('goes on with an answer while another conversation is open, and puts the one that is used first', () => {
    const state = run(ask('one', 1), { kind: 'new', id: 'c2', atMs: 5 }, told('a1', { kind: 'text', text: 'still' }), end('a1'))
    assert.equal(state.currentId, 'c2')
    assert.deepEqual(texts(state), [])
    const back = chatReducer(chatReducer(state, { kind: 'open', id: 'c1' }), ask('more', 2))
    assert.deepEqual(texts(back), ['one', 'still', 'more', ''])
    assert.deepEqual(back.conversations.map(({ id }) => id), ['c1', 'c2'])
  })

  it('notes repairs with the route as it is then', () => {
    const repair = { atMs: 7, lost: [{ peerId: 'b', span: [3, 5] as const }], tookMs: 12, replayed: 4 }
    const state = run(ask('x', 1), told('a1', { kind: 'repaired', repair, route: [{ peerId: 'c', span: [3, 5] }] }))
    assert.deepEqual(lastAnswer(state).answer.repairs, [repair])
    assert.deepEqual(lastAnswer(state).answer.route, [{ peerId: 'c', span: [3, 5] }])
  })

  it('makes no second empty conversation, and never has none', () => {
    assert.equal(run({ kind: 'new', id: 'c2', atMs: 1 }).conversations.length, 1)
    const state = run({ kind: 'remove', id: 'c1', nextId: 'c9', atMs: 1 })
    assert.deepEqual(state.conversations.map(({ id }) => id), ['c9'])
    assert.equal(titleOf(currentOf(state)), 'New chat')
    assert.equal(titleOf(currentOf(run(ask('  a\n b ', 1)))), 'a b')
    assert.equal(titleOf(currentOf(run(ask('x'.repeat(99), 1)))).length, 60)
  })

  it('has a current conversation, unique turns and at most one answer to a question, whatever happens', () => {
    const id = fc.constantFrom('c1', 'c2', 'c3', 'u1', 'a1', 'u2', 'a2', 'a3', 'nobody')
    const action: fc.Arbitrary<(n: number) => ChatAction> = fc.oneof(
      id.map((from) => (n: number): ChatAction => ask('q', n, from)),
      id.map((turnId) => (n: number): ChatAction => ({ kind: 'retry', turnId, answerId: `a${n}`, model: 'm', atMs: n })),
      id.map((answerId) => (n: number): ChatAction => told(answerId, { kind: 'text', text: `t${n}` }, n)),
      id.map((answerId) => (_: number): ChatAction => end(answerId)),
      id.map((answerId) => (n: number): ChatAction => ({ kind: 'fail', answerId, failure: { message: 'm', status: 0 }, atMs: n })),
      id.map((each) => (_: number): ChatAction => ({ kind: 'open', id: each })),
      id.map((each) => (n: number): ChatAction => ({ kind: 'remove', id: each, nextId: `c${n}`, atMs: n })),
      fc.constant((n: number): ChatAction => ({ kind: 'new', id: `c${n}`, atMs: n }))
    )
    fc.assert(fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const state = actions.reduce((before, each, index) => chatReducer(before, each(index + 1)), start)
      const { turns } = currentOf(state)
      assert.ok(state.conversations.length > 0 && state.conversations.length <= 50)
      const ids = state.conversations.flatMap((each) => each.turns.map((turn) => turn.id))
      assert.equal(new Set(ids).size, ids.length)
      turns.forEach((turn, index) => { assert.equal(turn.role, index % 2 === 0 ? 'user' : 'assistant') })
      // nothing that has ended runs again
      assert.ok(turns.filter(isRunning).every(({ answer }) => answer.endedAtMs === undefined))
    }))
  })
})

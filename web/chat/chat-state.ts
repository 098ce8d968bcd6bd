/** The conversations and what may happen to them. Pure: ids and times come with the actions. */
import type { Answer, AnswerEvent, AssistantTurn, ChatState, Conversation, Failure, Turn } from './types.ts'

const MAX_CONVERSATIONS = 50

export type ChatAction =
  | { readonly kind: 'new', readonly id: string, readonly atMs: number }
  | { readonly kind: 'open', readonly id: string }
  | { readonly kind: 'remove', readonly id: string, readonly nextId: string, readonly atMs: number }
  /** A question; with `from`, in place of this earlier turn and all after it. */
  | { readonly kind: 'ask', readonly text: string, readonly userId: string, readonly answerId: string, readonly model: string, readonly atMs: number, readonly from?: string }
  /** The same question again: the answer and all after it go. */
  | { readonly kind: 'retry', readonly turnId: string, readonly answerId: string, readonly model: string, readonly atMs: number }
  | { readonly kind: 'event', readonly answerId: string, readonly event: AnswerEvent, readonly atMs: number }
  | { readonly kind: 'end', readonly answerId: string, readonly status: 'done' | 'stopped', readonly atMs: number }
  | { readonly kind: 'fail', readonly answerId: string, readonly failure: Failure, readonly atMs: number }

export const emptyChat = (id: string, atMs: number): ChatState => ({ conversations: [{ id, createdAtMs: atMs, turns: [] }], currentId: id })

/** Falls back on the newest. */
export function currentOf ({ conversations, currentId }: ChatState): Conversation {
  const found = conversations.find(({ id }) => id === currentId) ?? conversations[0]
  if (found === undefined) throw new Error('there is always a conversation')
  return found
}

export const isRunning = (turn: Turn): turn is AssistantTurn => turn.role === 'assistant' && (turn.answer.status === 'waiting' || turn.answer.status === 'streaming')

/** The first question, or what it is called without one. */
export function titleOf ({ turns }: Conversation): string {
  const first = turns.find(({ role }) => role === 'user')?.text.trim().replace(/\s+/g, ' ') ?? ''
  return first === '' ? 'New chat' : first.length > 60 ? `${first.slice(0, 59)}…` : first
}

const begun = (id: string, model: string, askedAtMs: number): AssistantTurn =>
  ({ id, role: 'assistant', text: '', answer: { status: 'waiting', model, askedAtMs, tokens: 0, route: [], repairs: [] } })

function answered ({ answer, ...turn }: AssistantTurn, event: AnswerEvent, atMs: number): AssistantTurn {
  const change = (changes: Partial<Answer>): AssistantTurn => ({ ...turn, answer: { ...answer, ...changes } })
  switch (event.kind) {
    case 'route': return change({ route: event.route })
    case 'text': return event.text === ''
      ? { ...turn, answer }
      : { ...change({ status: 'streaming', tokens: answer.tokens + 1, ttftMs: answer.ttftMs ?? atMs - answer.askedAtMs }), text: turn.text + event.text }
    case 'repaired': return change({ route: event.route, repairs: [...answer.repairs, event.repair] })
    case 'finish': return change({ finishReason: event.reason })
    case 'usage': return change({ promptTokens: event.promptTokens, tokens: event.completionTokens })
  }
}

export function chatReducer (state: ChatState, action: ChatAction): ChatState {
  /** Changes one conversation and puts it first where it goes on. */
  const change = (id: string, turnsOf: (turns: readonly Turn[]) => readonly Turn[], first: boolean): ChatState => {
    const before = state.conversations.find((each) => each.id === id)
    if (before === undefined) return state
    const after = { ...before, turns: turnsOf(before.turns) }
    return {
      ...state,
      conversations: first ? [after, ...state.conversations.filter((each) => each !== before)] : state.conversations.map((each) => each === before ? after : each)
    }
  }
  /** Where the answer is, though another conversation may be open. A late word for an answer that is over, or gone, is dropped. */
  const changeAnswer = (answerId: string, changed: (turn: AssistantTurn) => AssistantTurn): ChatState => {
    const conversation = state.conversations.find(({ turns }) => turns.some((turn) => turn.id === answerId && isRunning(turn)))
    return conversation === undefined
      ? state
      : change(conversation.id, (turns) => turns.map((turn) => turn.id === answerId && turn.role === 'assistant' ? changed(turn) : turn), false)
  }
  const { id: currentId } = currentOf(state)

  switch (action.kind) {
    case 'new': {
      const empty = state.conversations.find(({ turns }) => turns.length === 0)
      if (empty !== undefined) return { ...state, currentId: empty.id }
      return { conversations: [{ id: action.id, createdAtMs: action.atMs, turns: [] }, ...state.conversations].slice(0, MAX_CONVERSATIONS), currentId: action.id }
    }
    case 'open': return state.conversations.some(({ id }) => id === action.id) ? { ...state, currentId: action.id } : state
    case 'remove': {
      const conversations = state.conversations.filter(({ id }) => id !== action.id)
      const [next] = conversations
      if (next === undefined) return emptyChat(action.nextId, action.atMs)
      return { conversations, currentId: currentId === action.id ? next.id : currentId }
    }
    case 'ask': return change(currentId, (turns) => {
      const at = turns.findIndex(({ id, role }) => id === action.from && role === 'user')
      return [...(at < 0 ? turns : turns.slice(0, at)), { id: action.userId, role: 'user', text: action.text }, begun(action.answerId, action.model, action.atMs)]
    }, true)
    case 'retry': return change(currentId, (turns) => {
      const at = turns.findIndex(({ id, role }) => id === action.turnId && role === 'assistant')
      return at < 0 ? turns : [...turns.slice(0, at), begun(action.answerId, action.model, action.atMs)]
    }, true)
    case 'event': return changeAnswer(action.answerId, (turn) => answered(turn, action.event, action.atMs))
    case 'end': return changeAnswer(action.answerId, (turn) => ({ ...turn, answer: { ...turn.answer, status: action.status, endedAtMs: action.atMs } }))
    case 'fail': return changeAnswer(action.answerId, (turn) => ({ ...turn, answer: { ...turn.answer, status: 'failed', failure: action.failure, endedAtMs: action.atMs } }))
  }
}

/** From the first token on; undefined before there are two. */
export function tokensPerSecond ({ tokens, askedAtMs, ttftMs, endedAtMs }: Answer, nowMs: number): number | undefined {
  const sinceMs = ttftMs === undefined ? 0 : (endedAtMs ?? nowMs) - askedAtMs - ttftMs
  return tokens < 2 || sinceMs <= 0 ? undefined : (tokens - 1) * 1000 / sinceMs
}

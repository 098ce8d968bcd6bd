/** The conversations of this browser, and the questions under way. */
import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks'
import { ApiError, type Api } from '../net/api.ts'
import { ask } from './ask.ts'
import { chatReducer, currentOf, emptyChat, isRunning, type ChatAction } from './chat-state.ts'
import { loadChat, saveChat } from './storage.ts'
import type { ChatState, Conversation, Sampling, Turn } from './types.ts'

/** Pieces of an answer are shown together so often. */
const SHOW_EVERY_MS = 50
const SAVE_AFTER_MS = 500

/** Random bytes where there is no secure context either. */
const newId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')

export interface AskInit {
  /** What it is called. */
  readonly model: string
  readonly modelId: string
  readonly sampling: Sampling
}

export interface Chat {
  readonly conversations: readonly Conversation[]
  readonly current: Conversation
  /** An answer of the current conversation is being made. */
  readonly running: boolean
  /** @param from the question that this one replaces, with all after it */
  ask (text: string, init: AskInit, from?: string): void
  retry (turnId: string, init: AskInit): void
  /** The current conversation's answer. */
  stop (): void
  begin (): void
  open (id: string): void
  remove (id: string): void
}

const initial = (): ChatState => loadChat(localStorage) ?? emptyChat(newId(), Date.now())

export function useChat (api: Api): Chat {
  const [state, dispatch] = useReducer<ChatState, ChatAction, undefined>(chatReducer, undefined, initial)
  const asked = useRef(new Map<string, AbortController>())
  const current = currentOf(state)
  const running = current.turns.find(isRunning)

  useEffect(() => {
    const timer = setTimeout(() => { saveChat(localStorage, state) }, SAVE_AFTER_MS)
    return () => { clearTimeout(timer) }
  }, [state])

  const answer = useCallback((answerId: string, turns: readonly Turn[], { modelId, sampling }: AskInit) => {
    const controller = new AbortController()
    const { signal } = controller
    asked.current.set(answerId, controller)
    let waiting: ChatAction[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = (): void => {
      clearTimeout(timer)
      timer = undefined
      const actions = waiting
      waiting = []
      actions.forEach(dispatch)
    }
    const add = (action: ChatAction): void => {
      waiting.push(action)
      timer ??= setTimeout(show, SHOW_EVERY_MS)
    }
    const run = async (): Promise<void> => {
      try {
        for await (const event of ask(api, { modelId, turns, sampling }, { signal, now: () => Date.now() })) {
          add({ kind: 'event', answerId, event, atMs: Date.now() })
        }
        add({ kind: 'end', answerId, status: signal.aborted ? 'stopped' : 'done', atMs: Date.now() })
      } catch (error) {
        if (signal.aborted) {
          add({ kind: 'end', answerId, status: 'stopped', atMs: Date.now() })
        } else {
          const failure = error instanceof ApiError ? { message: error.message, status: error.status } : { message: error instanceof Error ? error.message : String(error), status: 0 }
          add({ kind: 'fail', answerId, failure, atMs: Date.now() })
        }
      } finally {
        asked.current.delete(answerId)
        show()
      }
    }
    void run()
  }, [api])

  const stopAnswer = (turns: readonly Turn[]): void => { turns.filter(isRunning).forEach(({ id }) => asked.current.get(id)?.abort()) }

  return {
    conversations: state.conversations,
    current,
    running: running !== undefined,
    ask (text, init, from) {
      const [userId, answerId] = [newId(), newId()]
      const at = current.turns.findIndex(({ id, role }) => id === from && role === 'user')
      const before = at < 0 ? current.turns : current.turns.slice(0, at)
      dispatch({ kind: 'ask', text, userId, answerId, model: init.model, atMs: Date.now(), ...(from === undefined ? {} : { from }) })
      answer(answerId, [...before, { id: userId, role: 'user', text }], init)
    },
    retry (turnId, init) {
      const at = current.turns.findIndex(({ id }) => id === turnId)
      if (at < 0) return
      const answerId = newId()
      dispatch({ kind: 'retry', turnId, answerId, model: init.model, atMs: Date.now() })
      answer(answerId, current.turns.slice(0, at), init)
    },
    stop () { stopAnswer(current.turns) },
    begin () { dispatch({ kind: 'new', id: newId(), atMs: Date.now() }) },
    open (id) { dispatch({ kind: 'open', id }) },
    remove (id) {
      stopAnswer(state.conversations.find((each) => each.id === id)?.turns ?? [])
      dispatch({ kind: 'remove', id, nextId: newId(), atMs: Date.now() })
    }
  }
}

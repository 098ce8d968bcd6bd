import type { JSX } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Composer } from './composer.tsx'
import { Message } from './message.tsx'
import type { AskInit, Chat } from './use-chat.ts'
import type { Conversation } from './types.ts'

/** So near to the end, the view follows it. */
const NEAR = 80

export interface ChatViewProps {
  readonly chat: Chat
  readonly init: AskInit
  /** Offered where nothing was asked yet. */
  readonly examples: readonly string[]
}

/** What a screen reader is told: once when an answer begins, once when it ends. */
export function statusText ({ turns }: Conversation): string {
  const last = turns.at(-1)
  if (last?.role !== 'assistant') return ''
  const { status, tokens } = last.answer
  switch (status) {
    case 'waiting':
    case 'streaming': return 'Answering'
    case 'stopped': return 'Stopped'
    case 'failed': return ''
    case 'done': return `Answered with ${tokens} tokens`
  }
}

export function ChatView ({ chat, init, examples }: ChatViewProps): JSX.Element {
  const { current, running } = chat
  const [text, setText] = useState('')
  const [editing, setEditing] = useState<string>()
  const log = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const following = useRef(true)

  useEffect(() => {
    setEditing(undefined)
    following.current = true
    field.current?.focus()
  }, [current.id])
  useLayoutEffect(() => {
    const element = log.current
    if (element != null && following.current) element.scrollTop = element.scrollHeight
  }, [current])

  const latest = useRef({ chat, init })
  latest.current = { chat, init }
  const onRetry = useCallback((turnId: string) => {
    following.current = true
    latest.current.chat.retry(turnId, latest.current.init)
    field.current?.focus()
  }, [])
  const onEdit = useCallback((turnId: string, question: string) => {
    setEditing(turnId)
    setText(question)
    field.current?.focus()
  }, [])
  const send = (question: string): void => {
    if (question.trim() === '') return
    following.current = true
    chat.ask(question.trim(), init, editing)
    setText('')
    setEditing(undefined)
    field.current?.focus()
  }
  const onScroll = (): void => {
    const element = log.current
    if (element != null) following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR
  }

  return (
    <section class='chat' aria-label='Chat'>
      <div class='log' ref={log} onScroll={onScroll} tabIndex={0} role='region' aria-label='Messages'>
        {current.turns.length === 0
          ? (
              <div class='welcome'>
                <h2>Ask the swarm</h2>
                <p>Many machines hold this model together. Your question goes round them, and the picture shows how.</p>
                {examples.length > 0 && (
                  <ul class='examples'>
                    {examples.map((example) => <li key={example}><button type='button' onClick={() => { send(example) }}>{example}</button></li>)}
                  </ul>
                )}
              </div>
            )
          : <div class='messages'>{current.turns.map((turn) => <Message key={turn.id} turn={turn} busy={running} onRetry={onRetry} onEdit={onEdit} />)}</div>}
      </div>
      <p class='hidden' role='status'>{statusText(current)}</p>
      <Composer
        text={text} field={field} running={running} editing={editing !== undefined} onText={setText} onSend={() => { send(text) }}
        onStop={() => { chat.stop() }} onCancelEdit={() => { setEditing(undefined); setText('') }}
      />
    </section>
  )
}

import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { duration, rate } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { tokensPerSecond } from './chat-state.ts'
import { renderMarkdown } from './markdown.ts'
import type { Answer, AssistantTurn, Turn } from './types.ts'

const COPIED_MS = 1500

function Markdown ({ text }: { readonly text: string }): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  const fragment = useMemo(() => renderMarkdown(text), [text])
  useLayoutEffect(() => { element.current?.replaceChildren(fragment) }, [fragment])
  return <div class='markdown' ref={element} />
}

function CopyButton ({ text }: { readonly text: string }): JSX.Element | null {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => { setCopied(false) }, COPIED_MS)
    return () => { clearTimeout(timer) }
  }, [copied])
  // browsers have it on localhost and over TLS only
  if (!('clipboard' in navigator)) return null
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(() => { setCopied(true) }, () => { setCopied(false) })
  }
  return <button type='button' class='quiet' onClick={copy}><Icon name={copied ? 'check' : 'copy'} />{copied ? 'Copied' : 'Copy'}</button>
}

const REASONS: Readonly<Record<string, string>> = { stop: 'complete', length: 'cut at max tokens', tool_calls: 'calls a tool' }

/** What an answer cost, in a line. */
export function factsOf (answer: Answer, nowMs: number): string[] {
  const { tokens, ttftMs, status, finishReason, model, repairs } = answer
  const speed = tokensPerSecond(answer, nowMs)
  return [
    ...(tokens > 0 ? [`${tokens} token${tokens === 1 ? '' : 's'}`] : []),
    ...(speed === undefined ? [] : [`${rate(speed)} tokens/s`]),
    ...(ttftMs === undefined ? [] : [`first after ${duration(ttftMs)}`]),
    ...(status === 'done' && finishReason !== undefined ? [REASONS[finishReason] ?? finishReason] : []),
    ...(status === 'stopped' ? ['stopped'] : []),
    ...(repairs.length > 0 ? [repairs.length === 1 ? 'mended once' : `mended ${repairs.length} times`] : []),
    ...(model === '' || status === 'waiting' ? [] : [model])
  ]
}

function Facts ({ answer }: { readonly answer: Answer }): JSX.Element {
  return <p class='facts'>{factsOf(answer, Date.now()).map((fact) => <span key={fact}>{fact}</span>)}</p>
}

interface MessageProps {
  readonly turn: Turn
  readonly busy: boolean
  onRetry (turnId: string): void
  onEdit (turnId: string, text: string): void
}

function AnswerMessage ({ turn: { id, text, answer }, busy, onRetry }: { readonly turn: AssistantTurn } & Pick<MessageProps, 'busy' | 'onRetry'>): JSX.Element {
  const { status, failure } = answer
  const running = status === 'waiting' || status === 'streaming'
  return (
    <article class={`message answer ${status}`} aria-label='Answer' aria-busy={running}>
      {text !== '' && <Markdown text={text} />}
      {status === 'waiting' && <p class='waiting' aria-hidden='true'><i /><i /><i /></p>}
      {failure !== undefined && (
        <p class='failure' role='alert'>
          <span>{failure.message}</span>
          <button type='button' disabled={busy} onClick={() => { onRetry(id) }}><Icon name='retry' />Try again</button>
        </p>
      )}
      <footer>
        <Facts answer={answer} />
        {!running && (
          <div class='actions'>
            {text !== '' && <CopyButton text={text} />}
            {failure === undefined && <button type='button' class='quiet' disabled={busy} onClick={() => { onRetry(id) }}><Icon name='retry' />Retry</button>}
          </div>
        )}
      </footer>
    </article>
  )
}

export function Message ({ turn, busy, onRetry, onEdit }: MessageProps): JSX.Element {
  // what has not changed is not drawn again while an answer grows
  return useMemo(() => turn.role === 'assistant'
    ? <AnswerMessage turn={turn} busy={busy} onRetry={onRetry} />
    : (
        <article class='message question' aria-label='You'>
          <p>{turn.text}</p>
          <div class='actions'>
            <CopyButton text={turn.text} />
            <button type='button' class='quiet' disabled={busy} onClick={() => { onEdit(turn.id, turn.text) }}><Icon name='edit' />Edit</button>
          </div>
        </article>
      ), [turn, busy])
}

import type { JSX, RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { Icon } from '../ui/icons.tsx'

export interface ComposerProps {
  readonly text: string
  readonly field: RefObject<HTMLTextAreaElement>
  readonly running: boolean
  readonly editing: boolean
  onText (text: string): void
  onSend (): void
  onStop (): void
  onCancelEdit (): void
}

/** Enter sends, Shift+Enter makes a line, Escape stops the answer or leaves editing. */
export function Composer ({ text, field, running, editing, onText, onSend, onStop, onCancelEdit }: ComposerProps): JSX.Element {
  useLayoutEffect(() => {
    const element = field.current
    if (element == null) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }, [text])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      if (!running) onSend()
    }
    if (event.key === 'Escape') {
      if (running) onStop()
      else if (editing) onCancelEdit()
    }
  }

  return (
    <form class='composer' onSubmit={(event) => { event.preventDefault(); if (!running) onSend() }}>
      {editing && <p class='editing'>Changing an earlier question: what came after it goes. <button type='button' class='quiet' onClick={onCancelEdit}>Cancel</button></p>}
      <div class='composer-box'>
        <label class='hidden' for='question'>Your question</label>
        <textarea
          id='question' ref={field} rows={1} placeholder='Ask the swarm' value={text} enterkeyhint='send'
          onInput={(event) => { onText(event.currentTarget.value) }} onKeyDown={onKeyDown}
        />
        {running
          ? <button type='button' class='round' aria-label='Stop' title='Stop (Esc)' onClick={onStop}><Icon name='stop' /></button>
          : <button type='submit' class='round' aria-label='Send' title='Send (Enter)' disabled={text.trim() === ''}><Icon name='send' /></button>}
      </div>
    </form>
  )
}

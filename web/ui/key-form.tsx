import type { JSX } from 'preact'
import { useState } from 'preact/hooks'

/** Shown once the node has answered 401. */
export function KeyForm ({ refused, onKey }: { readonly refused: boolean, onKey (key: string): void }): JSX.Element {
  const [text, setText] = useState('')
  return (
    <form class='key-form' aria-label='API key' onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') onKey(text.trim()) }}>
      <label for='api-key'>{refused ? 'This key is not known here. API key' : 'This node wants an API key'}</label>
      <input id='api-key' type='password' autocomplete='current-password' value={text} onInput={(event) => { setText(event.currentTarget.value) }} />
      <button type='submit' class='strong'>Use it</button>
      <small>Kept until this tab is closed.</small>
    </form>
  )
}

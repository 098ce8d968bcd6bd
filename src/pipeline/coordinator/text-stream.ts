import type { TokenDecoder } from '../../model/index.ts'

/** Text as tokens come: held back while a character is incomplete or a stop string may be starting. */
export interface TextStream {
  /** Text that is certain by now. `stopped`: a stop string is complete, the text ends before it. */
  push (id: number): { readonly text: string, readonly stopped: boolean }
  /** What is still held back, when the text ends. `stopped` as above. */
  flush (): { readonly text: string, readonly stopped: boolean }
  /** Something is held back. */
  readonly holding: boolean
}

export function textStream (decoder: TokenDecoder, stops: readonly string[]): TextStream {
  let held = ''
  /** Ids went in and no text came out: part of a character may wait inside the decoder. */
  let incomplete = false

  /** The longest end of the held text that begins a stop string. */
  function undecided (): number {
    let longest = 0
    for (const stop of stops) {
      for (let length = Math.min(stop.length - 1, held.length); length > longest; length--) {
        if (stop.startsWith(held.slice(held.length - length))) longest = length
      }
    }
    return longest
  }

  function take (keep: number): { text: string, stopped: boolean } {
    const found = Math.min(...stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0))
    if (found !== Infinity) {
      const text = held.slice(0, found)
      held = ''
      return { text, stopped: true }
    }
    const length = held.length - keep
    const text = held.slice(0, length)
    held = held.slice(length)
    return { text, stopped: false }
  }

  return {
    get holding () { return held !== '' || incomplete },

    push (id) {
      const piece = decoder.push(id)
      incomplete = piece === ''
      held += piece
      return take(undecided())
    },

    flush () {
      held += decoder.flush()
      incomplete = false
      return take(0)
    }
  }
}

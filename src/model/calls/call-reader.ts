import { ARGUMENTS_TOKEN, type CallFormat } from './call-format.ts'

/** A call as the model wrote it. */
export interface WrittenCall {
  readonly name: string
  /** JSON text of an object. */
  readonly arguments: string
}

export interface CallReading {
  /** Text that is certain by now to be no part of a call. */
  readonly text: string
  /** Calls that became whole. */
  readonly calls: readonly WrittenCall[]
}

/** Tells calls from text, as text comes. */
export interface CallReader {
  push (text: string): CallReading
  /** What is still held back, when the text ends: what was no whole call is text. */
  flush (): CallReading
  /** Something is held back. */
  readonly holding: boolean
}

/** A tool's name in `name[ARGS]`, in characters: longer ones are text. */
const MAX_NAME = 256

/** @param names of tools: whatever else looks like a call is text */
export function callReader (format: CallFormat, names: ReadonlySet<string>): CallReader {
  const { marker, isList } = format
  const close = format.close.trim()
  let held = ''
  /** Where the text of a block is read: before a call, or behind one. */
  let place: 'text' | 'call' | 'behind' = 'text'
  /** White space that is text only if text follows. */
  let blank = ''
  let found = 0

  function say (text: string): string {
    const all = blank + text
    const said = all.trimEnd()
    blank = all.slice(said.length)
    return said
  }

  /** The longest end of what is held that may begin the marker. */
  function undecided (): number {
    for (let length = Math.min(marker.length - 1, held.length); length > 0; length--) if (marker.startsWith(held.slice(held.length - length))) return length
    return 0
  }

  function push (more: string, isEnd = false): CallReading {
    held += more
    let text = ''
    const calls: WrittenCall[] = []
    for (;;) {
      if (place === 'text') {
        const at = held.indexOf(marker)
        if (at < 0) {
          const length = held.length - (isEnd ? 0 : undecided())
          text += say(held.slice(0, length))
          held = held.slice(length)
          break
        }
        text += say(held.slice(0, at))
        held = held.slice(at)
        place = 'call'
      }
      if (place === 'call') {
        const read = readCall(held, found > 0 && !held.startsWith(marker))
        if (read === 'more' && !isEnd) break
        if (read === 'more' || read === 'broken') {
          // the marker's own text is let go, so that what follows is looked at again
          const length = held.startsWith(marker) ? marker.length : held.length
          text += say(held.slice(0, length))
          held = held.slice(length)
          place = 'text'
          continue
        }
        calls.push(read.call)
        found++
        blank = ''
        held = held.slice(read.length)
        place = 'behind'
      }
      const rest = held.trimStart()
      if (isList && rest.startsWith(',')) {
        held = rest.slice(1)
        place = 'call'
        continue
      }
      const end = isList && rest.startsWith(']') ? close : isList ? ']' : close
      if (!isEnd && rest.length < end.length && end.startsWith(rest)) break
      held = rest.startsWith(end) ? rest.slice(end.length) : end.startsWith(rest) ? '' : held
      place = 'text'
    }
    return { text, calls }
  }

  /** The call that the text begins with, behind the marker or, within a list, without one. */
  function readCall (all: string, isNext: boolean): { readonly call: WrittenCall, readonly length: number } | 'more' | 'broken' {
    let at = isNext || marker.startsWith('{') ? 0 : marker.length
    const skip = (): void => { while (at < all.length && /\s/.test(all[at] ?? '')) at++ }
    skip()
    if (isList && !isNext) {
      if (at >= all.length) return 'more'
      if (all[at++] !== '[') return 'broken'
      skip()
    }
    if (format.key === undefined) {
      const end = all.indexOf(ARGUMENTS_TOKEN, at)
      if (end < 0) return all.length - at > MAX_NAME ? 'broken' : 'more'
      const name = all.slice(at, end).trim()
      const value = readObject(all, end + ARGUMENTS_TOKEN.length)
      if (typeof value === 'string') return value
      return names.has(name) ? { call: { name, arguments: JSON.stringify(value.value) }, length: value.end } : 'broken'
    }
    const value = readObject(all, at)
    if (typeof value === 'string') return value
    const { name, [format.key]: given = {} } = value.value
    if (typeof name !== 'string' || !names.has(name)) return 'broken'
    const written = typeof given === 'object' && given !== null && !Array.isArray(given) ? JSON.stringify(given) : undefined
    return written === undefined ? 'broken' : { call: { name, arguments: written }, length: value.end }
  }

  return {
    get holding () { return held !== '' || blank !== '' },
    push: (text) => push(text),
    flush () {
      const { text, calls } = push('', true)
      const rest = found > 0 ? '' : blank
      blank = ''
      return { text: text + rest, calls }
    }
  }
}

interface ReadObject { readonly value: Readonly<Record<string, unknown>>, readonly end: number }

/** The JSON object that begins at `from`, once it is whole. */
function readObject (text: string, from: number): ReadObject | 'more' | 'broken' {
  if (from >= text.length) return 'more'
  if (text[from] !== '{') return 'broken'
  let depth = 0
  let isString = false
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (isString) {
      if (character === '\\') at++
      else if (character === '"') isString = false
      continue
    }
    if (character === '"') isString = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) {
      try {
        const value: unknown = JSON.parse(text.slice(from, at + 1))
        return { value: value as Readonly<Record<string, unknown>>, end: at + 1 } // `as`: what begins with a brace and is JSON is an object
      } catch {
        return 'broken'
      }
    }
  }
  return 'more'
}

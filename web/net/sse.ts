/** Server-sent events from a body that comes in pieces. */

export type SseItem =
  | { readonly kind: 'event', readonly event: string, readonly data: string }
  | { readonly kind: 'comment', readonly text: string }

export class SseError extends Error {
  static override readonly name = 'SseError'
  constructor (message: string) {
    super(message)
    this.name = 'SseError'
  }
}

/** Longest line and longest event taken, in UTF-16 units. */
const MAX_LENGTH = 4 * 1024 * 1024

export interface SseParser {
  /** What a piece of text completes. @throws {SseError} an event is too long */
  push (text: string): SseItem[]
}

/** Lines end with CR, LF or both, also where a piece ends between them. */
export function sseParser (): SseParser {
  let rest = ''
  let event = ''
  let data: string[] = []
  let length = 0

  const line = (text: string): SseItem[] => {
    if (text === '') {
      const complete: SseItem[] = data.length === 0 ? [] : [{ kind: 'event', event: event === '' ? 'message' : event, data: data.join('\n') }]
      event = ''
      data = []
      length = 0
      return complete
    }
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === '') return [{ kind: 'comment', text: value }]
    if (field === 'event') event = value
    if (field === 'data') {
      length += value.length
      if (length > MAX_LENGTH) throw new SseError('an event is too long')
      data.push(value)
    }
    return []
  }

  return {
    push (text) {
      rest += text
      const items: SseItem[] = []
      for (;;) {
        const at = rest.search(/[\r\n]/)
        // whether LF follows a CR shows with the next piece
        if (at < 0 || (rest[at] === '\r' && at === rest.length - 1)) break
        items.push(...line(rest.slice(0, at)))
        rest = rest.slice(at + (rest.startsWith('\r\n', at) ? 2 : 1))
      }
      if (rest.length > MAX_LENGTH) throw new SseError('a line is too long')
      return items
    }
  }
}

/** Reads a body to its end; leaving the loop early cancels it. @throws {SseError} */
export async function * readSse (body: ReadableStream<Uint8Array>): AsyncGenerator<SseItem> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parser = sseParser()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      ended = done
      yield * parser.push(done ? `${decoder.decode()}\n` : decoder.decode(value, { stream: true }))
      if (done) return
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => { /* it failed already: that is what is thrown */ })
  }
}

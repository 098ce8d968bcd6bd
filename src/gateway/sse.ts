/** Server-sent events as OpenAI's clients read them. */
import { httpError } from './errors.ts'
import { routeHeader } from './route-header.ts'
import type { RouteStage } from '../pipeline/index.ts'

const PING_EVERY_MS = 15_000

/** Goes out as a comment, which clients skip. */
export class SseComment {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

/** Where an answer is made: a header where it is the first thing that is known, else a comment. */
export class SseRoute {
  readonly route: readonly RouteStage[]

  constructor (route: readonly RouteStage[]) {
    this.route = route
  }
}

/** An event with a name. */
export class SseEvent {
  readonly name: string
  readonly data: object

  constructor (name: string, data: object) {
    this.name = name
    this.data = data
  }
}

class StalledError extends Error {
  override name = 'StalledError'
}

export interface SseInit {
  /** An item before the others. */
  readonly first: object | undefined
  /** Aborted when the client has gone, or reads nothing. */
  readonly controller: AbortController
  /** Ends the connection of a client that reads nothing, and with it the stream: an error of the stream is nobody's to hear. @default the stream fails */
  readonly cut?: (() => void) | undefined
  /** How long what was written may lie before the client is taken for gone. */
  readonly stalledMs: number
  /** Told once, when the stream is over. */
  onEnd (error?: unknown): void
}

function encoded (item: object): string {
  if (item instanceof SseComment) return `: ${item.text}\n\n`
  if (item instanceof SseRoute) return `: x-shoal-route ${routeHeader(item.route)}\n\n`
  if (item instanceof SseEvent) return `event: ${item.name}\ndata: ${JSON.stringify(item.data)}\n\n`
  return `data: ${JSON.stringify(item)}\n\n`
}

/**
 * One `data:` event for each item that is nothing else, then `[DONE]`. A failure is an event of type `error`, so that the client is told.
 * A comment goes out now and then while nothing else does, as proxies close silent connections.
 */
export function sse (items: AsyncIterator<object>, { first, controller, stalledMs, cut, onEnd }: SseInit): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let ping: NodeJS.Timeout | undefined
  let over = false
  let stalled: NodeJS.Timeout | undefined
  const end = (error?: unknown): void => {
    if (over) return
    over = true
    clearInterval(ping)
    clearTimeout(stalled)
    onEnd(error)
  }
  const write = (stream: ReadableStreamDefaultController<Uint8Array>, text: string): void => {
    stream.enqueue(encoder.encode(text))
    stalled ??= setTimeout(() => {
      const error = new StalledError('the client reads nothing')
      end(error)
      controller.abort()
      if (cut === undefined) stream.error(error)
      else cut()
      items.return?.().catch(() => { /* it is over, and was said to be */ })
    }, stalledMs).unref()
  }
  return new ReadableStream<Uint8Array>({
    start: (stream) => {
      if (first !== undefined) write(stream, encoded(first))
      ping = setInterval(() => {
        if ((stream.desiredSize ?? 0) > 0) stream.enqueue(encoder.encode(': waiting\n\n'))
      }, PING_EVERY_MS)
      ping.unref()
    },
    // Pulled one by one: a slow reader holds the session back instead of filling memory.
    pull: async (stream) => {
      // what was written has been read
      clearTimeout(stalled)
      stalled = undefined
      try {
        const next = await items.next()
        if (over) return
        if (next.done !== true) {
          write(stream, encoded(next.value))
          return
        }
        end()
        stream.enqueue(encoder.encode('data: [DONE]\n\n'))
      } catch (error) {
        if (over) return
        end(error)
        stream.enqueue(encoder.encode(`event: error\ndata: ${JSON.stringify(httpError(error).body)}\n\ndata: [DONE]\n\n`))
      }
      stream.close()
    },
    cancel: async () => {
      end()
      controller.abort()
      await items.return?.()
    }
  })
}

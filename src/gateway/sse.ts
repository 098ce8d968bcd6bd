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

export interface SseInit {
  /** An item before the others. */
  readonly first: object | undefined
  /** Aborted when the client has gone. */
  readonly controller: AbortController
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
export function sse (items: AsyncIterator<object>, { first, controller, onEnd }: SseInit): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let ping: NodeJS.Timeout | undefined
  let over = false
  const end = (error?: unknown): void => {
    if (over) return
    over = true
    clearInterval(ping)
    onEnd(error)
  }
  return new ReadableStream<Uint8Array>({
    start: (stream) => {
      if (first !== undefined) stream.enqueue(encoder.encode(encoded(first)))
      ping = setInterval(() => {
        if ((stream.desiredSize ?? 0) > 0) stream.enqueue(encoder.encode(': waiting\n\n'))
      }, PING_EVERY_MS)
      ping.unref()
    },
    // Pulled one by one: a slow reader holds the session back instead of filling memory.
    pull: async (stream) => {
      try {
        const next = await items.next()
        if (over) return
        if (next.done !== true) {
          stream.enqueue(encoder.encode(encoded(next.value)))
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

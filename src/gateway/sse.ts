/** Server-sent events as OpenAI's clients read them. */
import { httpError } from './errors.ts'

const PING_EVERY_MS = 15_000

/** Goes out as a comment, which clients skip. */
export class SseComment {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export interface SseInit {
  /** Aborted when the client has gone. */
  readonly controller: AbortController
  /** Told once, when the stream is over. */
  onEnd (error?: unknown): void
}

/**
 * One `data:` event for each chunk, then `[DONE]`. A failure is an event of type `error`, so that the client is told.
 * A comment goes out now and then while nothing else does, as proxies close silent connections.
 */
export function sse (chunks: AsyncIterable<object>, { controller, onEnd }: SseInit): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = chunks[Symbol.asyncIterator]()
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
      ping = setInterval(() => {
        if ((stream.desiredSize ?? 0) > 0) stream.enqueue(encoder.encode(': waiting\n\n'))
      }, PING_EVERY_MS)
      ping.unref()
    },
    // Pulled one by one: a slow reader holds the session back instead of filling memory.
    pull: async (stream) => {
      try {
        const next = await iterator.next()
        if (over) return
        if (next.done !== true) {
          stream.enqueue(encoder.encode(next.value instanceof SseComment ? `: ${next.value.text}\n\n` : `data: ${JSON.stringify(next.value)}\n\n`))
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
      await iterator.return?.()
    }
  })
}

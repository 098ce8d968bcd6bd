import type { Output } from './output.ts'
import type { GenerateEvent } from '../daemon/index.ts'

export type Done = Extract<GenerateEvent, { kind: 'done' }>

/** Prints an answer as it comes, as text or as events, and returns its end. */
export async function showAnswer (out: Output, events: AsyncIterable<GenerateEvent>, signal: AbortSignal): Promise<Done> {
  let shown = 0
  for await (const event of events) {
    if (event.kind === 'token') {
      shown += event.text.length
      const scores = event.logprob == null ? {} : { logprob: event.logprob, top: event.top ?? [] }
      out.event({ event: 'token', id: event.id, text: event.text, ...scores })
      out.text(event.text)
    } else if (event.kind === 'done') {
      const { kind: _kind, ...rest } = event
      out.event({ event: 'done', ...rest })
      // What was held back because a stop text might have been starting.
      out.text(event.text.slice(shown))
      if (!out.json) out.line()
      return event
    }
  }
  signal.throwIfAborted()
  throw new Error('the answer ended without saying so; ask again')
}

/** Sees every answer of this node pass: for traces, metrics, the page and the log. Changes nothing, and keeps nothing of what is said. */
import type { Logger } from './log.ts'
import type { TraceOf, Traces } from './traces.ts'
import type { GenerateEvent } from '../pipeline/index.ts'

/** Looks at one answer. */
export interface AnswerObserver {
  event (event: GenerateEvent): void
  /** By the error's name; undefined: it ended by itself, or nobody wanted it any more. */
  end (failure: string | undefined): void
}

export interface AnswerWatchComponents {
  readonly traces: Pick<Traces, 'begin'>
  /** Each makes one observer of each answer. */
  readonly observers: ReadonlyArray<(about: TraceOf) => AnswerObserver>
  readonly log: Pick<Logger, 'debug'>
}

export type AnswerWatch = (events: AsyncIterable<GenerateEvent>, about: TraceOf) => AsyncGenerator<GenerateEvent>

export function answerWatch ({ traces, observers, log }: AnswerWatchComponents): AnswerWatch {
  return async function * watched (events, about) {
    const trace = traces.begin(about)
    const looking = observers.map((observer) => observer(about))
    const { requestId, coordinator } = about
    let sessionId = ''
    let failure: string | undefined
    try {
      for await (const event of events) {
        trace.event(event)
        for (const each of looking) each.event(event)
        if (event.kind === 'started') {
          ({ sessionId } = event)
          log.debug({ requestId, sessionId, coordinator, promptTokens: event.promptTokens, route: event.route }, 'an answer begins')
        } else if (event.kind === 'repaired') {
          log.debug({ requestId, sessionId, lost: event.lost, tookMs: event.tookMs, replayed: event.replayed, route: event.route }, 'an answer goes on over another route')
        } else if (event.kind === 'done') {
          log.debug({ requestId, sessionId, finishReason: event.finishReason, ...event.usage, ...event.timings }, 'an answer is done')
        }
        yield event
      }
    } catch (error) {
      failure = error instanceof Error ? error.name : 'Error'
      trace.failed(failure)
      // a message may quote what was asked
      log.debug({ requestId, sessionId, error: failure }, 'an answer failed')
      throw error
    } finally {
      for (const each of looking) each.end(failure)
      trace.end()
    }
  }
}

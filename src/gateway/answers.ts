/** Sessions as the handlers see them: behind a line, begun when there is room, and read to their end. */
import { HttpError } from './errors.ts'
import type { JoinOptions, Queue } from './queue.ts'
import type { AppInit, Generator } from './types.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'

type Of<Kind extends GenerateEvent['kind']> = Extract<GenerateEvent, { kind: Kind }>
export type Scored = Of<'scored'>['tokens']
export type Token = Of<'token'>
export type Called = Of<'toolCall'>
export type Repaired = Of<'repaired'>
export type Done = Of<'done'>

/** The n-th in the line. */
export interface Queued {
  readonly kind: 'queued'
  readonly position: number
}
export type AnswerEvent = Queued | GenerateEvent

export interface AnswersComponents {
  readonly generator: Pick<Generator, 'generate'>
  /** Where sessions wait for their turn. */
  readonly line: Queue
}

export interface AnswersInit extends Pick<AppInit, 'waitMs' | 'choicesAtOnce'> {
  /** Whoever asks goes before others. @default false */
  readonly priority?: boolean
}

export interface AskOptions extends Pick<JoinOptions, 'beyondBound'> {
  readonly signal: AbortSignal
  /** The field that has the prompt, for errors. */
  readonly param: string
}

export interface Answers {
  readonly choicesAtOnce: number
  /**
   * `queued` as it moves up in the line, then the session's events. Its place is free again when the iteration ends.
   * @throws {HttpError} 429 when there was no room in time; else what the generator throws
   */
  ask (request: GenerateRequest, options: AskOptions): AsyncGenerator<AnswerEvent>
}

/** Longer than a route takes to be found and opened: what takes longer computes its prompt, and keeps no others from beginning. */
const BEGINNING_MS = 15_000

const retryAfterMs = (error: Error): number => 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 1000

export function answers ({ generator, line }: AnswersComponents, { waitMs = 120_000, choicesAtOnce = 8, priority = false }: AnswersInit = {}): Answers {
  async function * ask (request: GenerateRequest, { signal, param, beyondBound = false }: AskOptions): AsyncGenerator<AnswerEvent> {
    const deadlineMs = performance.now() + waitMs
    const place = line.join({ beyondBound, priority })
    let told = Infinity
    let refused: Error | undefined
    const late = (): Error => refused ?? new HttpError(`no answer could begin within ${waitMs / 1000} s: come back later`, { status: 429, code: 'no_capacity', retryAfterS: 5 })
    try {
      for (;;) {
        for (let { position } = place; position > 0; { position } = place) {
          // those that find no room come back to where they stood: that is no news
          if (position < told) yield { kind: 'queued', position }
          told = Math.min(told, position)
          const leftMs = deadlineMs - performance.now()
          if (leftMs <= 0) throw late()
          const over = AbortSignal.timeout(Math.ceil(leftMs))
          try {
            await place.moved(position, { signal: AbortSignal.any([signal, over]) })
          } catch (error) {
            if (over.aborted && !signal.aborted) throw late()
            throw error
          }
        }
        const events = generator.generate(request, { signal })[Symbol.asyncIterator]()
        let first: Of<'started'>
        const beginning = setTimeout(() => { place.taken() }, BEGINNING_MS)
        try {
          first = await begun(events, param)
        } catch (error) {
          await events.return?.()
          if (!(error instanceof Error && error.name === 'NoCapacityError') || performance.now() >= deadlineMs) throw error
          refused = error
          place.again(retryAfterMs(error))
          continue
        } finally {
          clearTimeout(beginning)
        }
        place.taken()
        try {
          yield first
          yield * { [Symbol.asyncIterator]: () => events }
        } finally {
          // whoever stops reading at the first event has not begun with the others
          await events.return?.()
        }
        return
      }
    } finally {
      place.leave()
    }
  }

  return { choicesAtOnce, ask }
}

/** The event that a session begins with. */
async function begun (events: AsyncIterator<GenerateEvent>, param: string): Promise<Of<'started'>> {
  try {
    const first = await events.next()
    if (first.done !== true && first.value.kind === 'started') return first.value
  } catch (error) {
    if (error instanceof Error && error.name === 'ContextLengthError') throw tooLong(error.message, param, error)
    throw error
  }
  throw new Error('the session did not start')
}

export const tooLong = (message: string, param: string, cause?: unknown): HttpError => new HttpError(message, { status: 400, code: 'context_length_exceeded', param, cause })

export interface Collected {
  readonly scored: Scored
  readonly tokens: readonly Token[]
  readonly calls: readonly Called[]
  readonly embedding: Float32Array | undefined
  readonly done: Done
}

/** Reads a session to its end. */
export async function collect (events: AsyncIterable<AnswerEvent>): Promise<Collected> {
  const tokens: Token[] = []
  const calls: Called[] = []
  const scored: Array<Scored[number]> = []
  let embedding: Float32Array | undefined
  for await (const event of events) {
    if (event.kind === 'token') tokens.push(event)
    if (event.kind === 'toolCall') calls.push(event)
    if (event.kind === 'scored') scored.push(...event.tokens)
    if (event.kind === 'embedding') embedding = event.values
    if (event.kind === 'done') return { scored, tokens, calls, embedding, done: complete(event) }
  }
  throw new Error('the answer ended without saying so')
}

/** The end of an answer, unless it is none. */
export function complete (done: Done): Done {
  if (done.finishReason === 'error') throw new Error('the answer broke off')
  return done
}

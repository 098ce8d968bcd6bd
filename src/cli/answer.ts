import { explain, explanation } from './explain.ts'
import { shortPeer } from './format.ts'
import type { Output } from './output.ts'
import type { GenerateEvent } from '../daemon/index.ts'

export type Done = Extract<GenerateEvent, { kind: 'done' }>
type Repaired = Extract<GenerateEvent, { kind: 'repaired' }>

export interface ShowOptions {
  /** Says what was repaired on the way, and where the time went. @default as a note */
  readonly tell?: (text: string) => void
  /** Where the time went, at the end. @default false */
  readonly explains?: boolean
}

/** Prints an answer as it comes, as text or as events, and returns its end. */
export async function showAnswer (out: Output, events: AsyncIterable<GenerateEvent>, signal: AbortSignal, { tell = out.note, explains = false }: ShowOptions = {}): Promise<Done> {
  let shown = 0
  const repairs: Repaired[] = []
  for await (const event of events) {
    if (event.kind === 'token') {
      shown += event.text.length
      const scores = event.logprob == null ? {} : { logprob: event.logprob, top: event.top ?? [] }
      out.event({ event: 'token', id: event.id, text: event.text, ...scores })
      out.text(event.text)
    } else if (event.kind === 'repaired') {
      const { kind: _kind, ...rest } = event
      out.event({ event: 'repaired', ...rest })
      repairs.push(event)
    } else if (event.kind === 'done') {
      const { kind: _kind, ...rest } = event
      const explained = explains ? explain({ ...event, hops: event.hops ?? [], completionTokens: event.usage.completionTokens, repairs }) : undefined
      out.event({ event: 'done', ...rest, ...(explained === undefined ? {} : { explained }) })
      // What was held back because a stop text might have been starting.
      out.text(event.text.slice(shown))
      if (!out.json) out.line()
      for (const repair of repairs) tell(repairNote(repair))
      if (explained !== undefined) tell(explanation(explained))
      return event
    }
  }
  signal.throwIfAborted()
  throw new Error('the answer ended without saying so; ask again')
}

/** `…abcd1234[3:5] was lost; …ef567890[3:5] took over after 84 ms, 31 positions were sent again`. */
function repairNote ({ lost, route, tookMs, replayed }: Repaired): string {
  const named = (stages: Repaired['route']): string => stages.map(({ peerId, span: [start, end] }) => `…${shortPeer(peerId)}[${start}:${end}]`).join(', ')
  const instead = route.filter((stage) => lost.some(({ span: [start, end] }) => stage.span[0] < end && stage.span[1] > start))
  return `${named(lost)} was lost; ${named(instead)} took over after ${Math.round(tookMs)} ms, ${replayed} positions were sent again`
}

import { NoCapacityError, PeerFaultError, RequestError } from '../../protocols/generate/index.ts'
import { eventOf, requestFrame } from './messages.ts'
import { patience } from './patience.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { Link } from '../p2p/index.ts'

export interface ExchangeInit {
  readonly signal: AbortSignal | undefined
  readonly silenceMs: number
  /** Nobody else could answer: a silent coordinator is waited for a few times as long. */
  isAlone (): boolean
}

/** Of a coordinator that is the only one: slow is better than nobody. */
const ALONE_SILENCES = 4
/** No prompt takes longer to its first token, whatever its coordinator says meanwhile. */
const BEGIN_MS = 1_800_000
/** Events that may wait for their reader. */
const MAX_EVENTS = 4096

/**
 * One generation over one link; the link ends with it. Ends with `done`, or without it where the signal ended it.
 * @throws {PeerFaultError} for a coordinator that is lost @throws what the coordinator told
 */
export async function * exchange (link: Link, request: GenerateRequest, { signal, silenceMs, isAlone }: ExchangeInit): AsyncGenerator<GenerateEvent> {
  const events: GenerateEvent[] = []
  let failure: Error | undefined
  let ended = false
  let held = false
  let wake = (): void => { /* nobody waits yet */ }
  const finish = (error?: Error): void => {
    if (ended) return
    ended = true
    failure = error
    wake()
  }
  const fault = (what: string, cause?: unknown): PeerFaultError => new PeerFaultError(`the coordinator ${link.peer} ${what}`, link.peer, { cause })
  let silences = 0
  const waiting = patience(silenceMs, () => {
    if (++silences < ALONE_SILENCES && isAlone()) return
    finish(fault(`said nothing for ${silences * silenceMs} ms`))
  })
  const listen = (): void => {
    silences = 0
    if (held) waiting.pause()
    else waiting.heard()
  }
  const cancel = (): void => { finish() }
  const late = setTimeout(() => { finish(fault(`has not begun within ${BEGIN_MS / 60_000} minutes`)) }, BEGIN_MS)
  const hold = (wanted: boolean): void => {
    if (held === wanted) return
    held = wanted
    if (wanted) link.pause()
    else link.resume()
    listen()
  }

  link.listen({
    frame (frame) {
      listen()
      try {
        const event = eventOf(frame, link.peer)
        if (event === undefined || ended) return
        clearTimeout(late)
        events.push(event)
        // a slow reader holds its coordinator back instead of filling memory
        if (events.length > MAX_EVENTS) hold(true)
        if (event.kind === 'done') finish()
        else wake()
      } catch (error) {
        finish(error instanceof PeerFaultError || error instanceof RequestError || error instanceof NoCapacityError ? error : fault('sent what it must not', error))
      }
    },
    close (error) { finish(fault('ended the link before the answer was done', error)) }
  })
  signal?.addEventListener('abort', cancel)

  let done = false
  try {
    signal?.throwIfAborted()
    const asked = requestFrame(request)
    try {
      link.send(asked)
    } catch (error) {
      // it was over between being opened and being used
      finish(fault('ended the link before it was asked', error))
    }
    for (;;) {
      for (let event = events.shift(); event !== undefined; event = events.shift()) {
        done = event.kind === 'done'
        yield event
      }
      hold(false)
      if (ended) break
      await new Promise<void>((resolve) => { wake = resolve })
    }
    if (failure !== undefined) throw failure
  } finally {
    ended = true
    waiting.stop()
    clearTimeout(late)
    signal?.removeEventListener('abort', cancel)
    if (done) link.close({ signal: AbortSignal.timeout(silenceMs) }).catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the link could not be closed')) })
    else link.abort(new Error('the client left'))
  }
}

import { GENERATE_MAX_FRAME_BYTES, GENERATE_PROTOCOL, NoCapacityError, PeerFaultError, RequestError, UncoveredError, UnknownModelError } from '../../protocols/generate/index.ts'
import { eventOf, requestFrame } from './messages.ts'
import type { GenerateEvent, GenerateRequest } from '../pipeline/index.ts'
import type { Link } from '../p2p/index.ts'
import type { ThinClient, ThinClientComponents, ThinClientInit } from './types.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Somebody who may coordinate. */
interface Candidate {
  readonly peerId: string
  readonly addresses: readonly string[]
}

const RETRY_AFTER_MS = 5000

export function thinClient ({ host, swarm }: ThinClientComponents, { dialTimeoutMs = 5000, silenceMs = 2500 }: ThinClientInit = {}): ThinClient {
  /** Online holders of layer 0, nearest first. */
  function candidates (modelId: string): Candidate[] {
    const distance = (peerId: string): number => swarm.roundTripMs(peerId) ?? Infinity
    return swarm.nodes()
      .filter(({ spans }) => spans.some((span) => span.modelId === modelId && span.start === 0 && span.state === 'online'))
      .sort((a, b) => compare(distance(a.peerId), distance(b.peerId)))
  }

  async function find (modelId: string, signal: AbortSignal | undefined): Promise<Candidate[]> {
    const known = candidates(modelId)
    if (known.length > 0) return known
    await swarm.refresh({ modelId, ...(signal === undefined ? {} : { signal }) })
    return candidates(modelId)
  }

  async function dial ({ peerId, addresses }: Candidate, signal: AbortSignal | undefined): Promise<Link> {
    const timeout = AbortSignal.timeout(dialTimeoutMs)
    try {
      return await host.open(peerId, GENERATE_PROTOCOL, {
        addresses, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]), maxFrameBytes: GENERATE_MAX_FRAME_BYTES
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new PeerFaultError(`${peerId} can't be reached`, peerId, { cause: error })
    }
  }

  async function * generate (request: GenerateRequest, { signal }: AbortOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted()
    const found = await find(request.modelId, signal)
    let failure: Error = new UncoveredError(`nobody serves layer 0 of the model ${request.modelId}`, RETRY_AFTER_MS)
    for (const candidate of found) {
      let begun = false
      try {
        const link = await dial(candidate, signal)
        for await (const event of exchange(link, request, signal, silenceMs)) {
          begun = true
          yield event
        }
        return
      } catch (error) {
        const elsewhere = error instanceof PeerFaultError || error instanceof NoCapacityError || error instanceof UnknownModelError
        if (begun || signal?.aborted === true || !elsewhere || (error instanceof RequestError && !(error instanceof UnknownModelError))) throw error
        failure = error
      }
    }
    throw failure
  }

  return { generate }
}

/** One generation over one link; the link ends with it. */
async function * exchange (link: Link, request: GenerateRequest, signal: AbortSignal | undefined, silenceMs: number): AsyncGenerator<GenerateEvent> {
  const events: GenerateEvent[] = []
  let failure: Error | undefined
  let ended = false
  let wake = (): void => { /* nobody waits yet */ }
  const finish = (error?: Error): void => {
    if (ended) return
    ended = true
    failure = error
    wake()
  }
  const fault = (what: string, cause?: unknown): PeerFaultError => new PeerFaultError(`the coordinator ${link.peer} ${what}`, link.peer, { cause })
  const silent = (): void => { finish(fault(`said nothing for ${silenceMs} ms`)) }
  const cancel = (): void => { finish() }
  let silence = setTimeout(silent, silenceMs)

  link.listen({
    frame (frame) {
      clearTimeout(silence)
      silence = setTimeout(silent, silenceMs)
      try {
        const event = eventOf(frame, link.peer)
        if (event === undefined || ended) return
        events.push(event)
        if (event.kind === 'done') finish()
        else wake()
      } catch (error) {
        finish(error instanceof PeerFaultError || error instanceof RequestError || error instanceof NoCapacityError ? error : fault('sent what it must not', error))
      }
    },
    close (error) { finish(fault('ended the link before the answer was done', error)) }
  })
  signal?.addEventListener('abort', cancel)

  let progress = { text: '', tokens: [] as number[], started: undefined as Extract<GenerateEvent, { kind: 'started' }> | undefined }
  const startedMs = performance.now()
  let done = false
  try {
    signal?.throwIfAborted()
    link.send(requestFrame(request))
    for (;;) {
      for (let event = events.shift(); event !== undefined; event = events.shift()) {
        if (event.kind === 'started') progress = { ...progress, started: event }
        if (event.kind === 'token') {
          progress.text += event.text
          progress.tokens.push(event.id)
        }
        done = event.kind === 'done'
        yield event
      }
      if (ended) break
      await new Promise<void>((resolve) => { wake = resolve })
    }
    if (failure !== undefined) throw failure
    if (!done) {
      if (progress.started === undefined) yield (progress.started = { kind: 'started', sessionId: '', promptTokens: 0, route: [] })
      yield cancelled(progress.started, progress.text, progress.tokens, performance.now() - startedMs)
    }
  } finally {
    clearTimeout(silence)
    signal?.removeEventListener('abort', cancel)
    if (done) link.close({ signal: AbortSignal.timeout(silenceMs) }).catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the link could not be closed')) })
    else link.abort(new Error('the client left'))
  }
}

/** What a cancelled generation came to, as far as it was heard. */
function cancelled ({ promptTokens, route }: Extract<GenerateEvent, { kind: 'started' }>, text: string, tokens: readonly number[], totalMs: number): GenerateEvent {
  return {
    kind: 'done',
    text,
    tokens,
    finishReason: 'cancelled',
    usage: { promptTokens, completionTokens: tokens.length, cachedTokens: 0 },
    route,
    timings: { ttftMs: 0, totalMs, tokensPerSecond: 0 }
  }
}

/** Infinity − Infinity is no number. */
const compare = (a: number, b: number): number => a === b ? 0 : a < b ? -1 : 1

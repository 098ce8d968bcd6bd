import { GENERATE_BEAT_MS, GENERATE_MAX_FRAME_BYTES, GENERATE_PROTOCOL, GenerateType, NoCapacityError, RequestError } from '../../../protocols/generate/index.ts'
import { encodeFrame, readFrame } from '../frames.ts'
import { preference, peerTokens, type PeerLimits } from '../peer-tokens.ts'
import { eventFrame, failureFrame, requestOf } from './messages.ts'
import type { GenerateEvent, GenerateRequest } from '../types.ts'
import type { Clock, Host, Link } from '../../p2p/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface GenerateServerComponents {
  readonly host: Pick<Host, 'peerId' | 'handle' | 'unhandle'>
  readonly clock: Clock
  generate (request: GenerateRequest, options: AbortOptions & { readonly remote: true }): AsyncIterable<GenerateEvent>
}

export interface GenerateServerInit extends PeerLimits {
  readonly maxSessions: number
  readonly maxSessionsPerPeer: number
}

/** Answers thin clients on `/shoal/generate/1.0.0`. */
export interface GenerateServer {
  start (): Promise<void>
  stop (): Promise<void>
}

/** How long a client may take to say what it wants. */
const REQUEST_MS = 10_000
/** And to take what it was sent: until then its session has a place that others want. */
const TAKE_MS = 30_000

export function generateServer ({ host, clock, generate }: GenerateServerComponents, { maxSessions, maxSessionsPerPeer, ...limits }: GenerateServerInit): GenerateServer {
  const tokens = peerTokens(limits, preference(host.peerId, limits), clock)

  function accept (link: Link): void {
    const cancelled = new AbortController()
    const cancel = (): void => { cancelled.abort(new Error('the client left')) }
    const late = clock.after(REQUEST_MS, () => { link.abort(new Error('no request came')) })
    let asked = false
    link.listen({
      frame (frame) {
        // Nothing else comes from a client: what does is ignored, so that later versions may add to it.
        if (asked) return
        asked = true
        late()
        answer(link, frame, cancelled.signal).catch((error: unknown) => { link.abort(error instanceof Error ? error : new Error('the answer failed')) })
      },
      close () {
        late()
        cancel()
      }
    })
  }

  async function answer (link: Link, frame: Uint8Array, signal: AbortSignal): Promise<void> {
    let spoke = true
    let stopBeating = clock.after(GENERATE_BEAT_MS, beat)
    function beat (): void {
      stopBeating = clock.after(GENERATE_BEAT_MS, beat)
      if (!spoke && !link.closed) link.send(encodeFrame({ type: GenerateType.beat }))
      spoke = false
    }
    try {
      const { header, payload } = readFrame(frame)
      if (header.type !== GenerateType.request) throw new RequestError(`a client begins with a request, not with a frame of type ${header.type}`)
      const lateMs = tokens.waitMs(link.peer)
      if (lateMs > 0) throw new NoCapacityError('this peer has had as many tokens as it may', lateMs)
      for await (const event of generate(requestOf(payload), { signal, remote: true })) {
        if (signal.aborted) continue
        spoke = true
        if (event.kind === 'started') tokens.take(link.peer, event.promptTokens)
        else if (event.kind === 'token') tokens.take(link.peer, 1)
        if (link.send(eventFrame(event))) continue
        const late = clock.after(TAKE_MS, () => { link.abort(new Error('the client takes nothing of its answer')) })
        await link.drained({ signal }).finally(late)
      }
    } catch (error) {
      if (!link.closed) link.send(failureFrame(error))
    } finally {
      stopBeating()
    }
    await link.close()
  }

  return {
    start: () => host.handle(GENERATE_PROTOCOL, accept, {
      maxInboundLinks: 2 * maxSessions, maxInboundLinksPerPeer: maxSessionsPerPeer, maxFrameBytes: GENERATE_MAX_FRAME_BYTES
    }),
    stop: () => host.unhandle(GENERATE_PROTOCOL)
  }
}

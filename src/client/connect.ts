import { BadAddressError, checkedPsk, targetsOf } from '../p2p/portable.ts'
import { answer } from './answer.ts'
import { ClosedError } from './errors.ts'
import { modelViews } from './models.ts'
import { requestOf } from './request.ts'
import { visit, type MakeHost, type Visit } from './visit.ts'
import type { GenerateEvent } from '../pipeline/index.ts'
import type { Answer, CallOptions, ConnectInit, GenerateOptions, ProgressEvent, Result, SwarmClient, Token } from './api.ts'

type Tell = (event: ProgressEvent) => void
type Done = Extract<GenerateEvent, { kind: 'done' }>

/** `connect` of one platform. */
export async function connectBy (makeHost: MakeHost, { bootstrap, psk, signal, on = () => { /* nobody listens */ } }: ConnectInit): Promise<SwarmClient> {
  const addresses = typeof bootstrap === 'string' ? [bootstrap] : bootstrap
  if (addresses.length === 0) throw new BadAddressError('there is nothing to join: give the address or the invite of a node')
  addresses.forEach(targetsOf)
  const key = psk === undefined ? undefined : checkedPsk(typeof psk === 'string' ? new TextEncoder().encode(psk) : psk, 'psk')
  return swarmClient(await visit({ makeHost, bootstrap: addresses, psk: key, on, ...(signal === undefined ? {} : { signal }) }), on)
}

/** The public client over a visit. */
export function swarmClient (visited: Omit<Visit, 'swarm'>, on: Tell): SwarmClient {
  const closing = new AbortController()

  /** What the caller's signal or `close` ended ends with their reason, whatever it came to meanwhile. */
  const until = (signal: AbortSignal | undefined): AbortSignal => signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])

  async function * tokensOf (options: GenerateOptions, { signal, on: heard }: CallOptions): AsyncGenerator<Token, Result> {
    const { model: asked, request } = requestOf(options)
    const ends = until(signal)
    const tell: Tell = (event) => {
      on(event)
      heard?.(event)
    }
    const { model, modelId } = await visited.findModel({ asked, signal: ends, on: tell })
    const events = visited.client.generate({ ...request, modelId }, { signal: ends, onCoordinator (peerId) { tell({ kind: 'connected', ...visited.connectionTo(peerId) }) } })
    let told = 0
    for await (const event of events) {
      if (event.kind === 'token') {
        const { kind: _kind, ...token } = event
        told += event.text.length
        yield token
      } else if (event.kind === 'done') {
        ends.throwIfAborted()
        if (event.text.length > told) yield { text: event.text.slice(told) }
        return resultOf(event, { model, modelId })
      } else {
        progressOf(event).forEach(tell)
      }
    }
    ends.throwIfAborted()
    throw new Error('the answer ended without saying so; ask again')
  }

  const generate = (request: GenerateOptions, options: CallOptions = {}): Answer => answer(tokensOf(request, options))
  return {
    peerId: visited.peerId,
    joined: visited.joined,
    generate,
    chat: async (request, options) => await generate(request, options).result(),
    models: async ({ signal } = {}) => {
      const ends = until(signal)
      ends.throwIfAborted()
      return modelViews(await visited.records({ signal: ends }))
    },
    connections: () => visited.connections(),
    close: async () => {
      closing.abort(new ClosedError())
      await visited.close()
    }
  }
}

function progressOf (event: GenerateEvent): ProgressEvent[] {
  switch (event.kind) {
    case 'started':
      // an answer that was cancelled before it had a route
      return event.route.length === 0 ? [] : [{ kind: 'route', sessionId: event.sessionId, promptTokens: event.promptTokens, route: event.route }]
    case 'repaired':
    case 'toolCall':
      return [event]
    default:
      return []
  }
}

const resultOf = ({ text, tokens, toolCalls = [], finishReason, usage, route, timings }: Done, { model, modelId }: { readonly model: string, readonly modelId: string }): Result =>
  ({ text, tokens, toolCalls, finishReason, model, modelId, usage, route, timings })

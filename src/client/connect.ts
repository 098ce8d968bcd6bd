import { BadAddressError, checkedPsk, targetsOf } from '../p2p/portable.ts'
import { answer } from './answer.ts'
import { ClosedError } from './errors.ts'
import { modelViews } from './models.ts'
import { embeddingRequestOf, requestOf, type ModelessRequest } from './request.ts'
import { visit, type MakeHost, type Visit } from './visit.ts'
import type { GenerateEvent } from '../pipeline/index.ts'
import type { Answer, CallOptions, ConnectInit, EmbedOptions, Embedding, GenerateOptions, ProgressEvent, Result, SwarmClient, Token } from './api.ts'

type Tell = (event: ProgressEvent) => void
type Done = Extract<GenerateEvent, { kind: 'done' }>

/** A request on its way. */
interface Asked {
  readonly model: string
  readonly modelId: string
  readonly events: AsyncIterable<GenerateEvent>
  readonly ends: AbortSignal
  readonly tell: Tell
}

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

  /** Finds the model and asks for it. */
  async function ask ({ model: asked, request }: { readonly model: string | undefined, readonly request: ModelessRequest }, { signal, on: heard }: CallOptions): Promise<Asked> {
    const ends = until(signal)
    const tell: Tell = (event) => {
      on(event)
      heard?.(event)
    }
    const { model, modelId } = await visited.findModel({ asked, signal: ends, on: tell })
    const events = visited.client.generate({ ...request, modelId }, { signal: ends, onCoordinator (peerId) { tell({ kind: 'connected', ...visited.connectionTo(peerId) }) } })
    return { model, modelId, events, ends, tell }
  }

  async function * tokensOf (options: GenerateOptions, call: CallOptions): AsyncGenerator<Token, Result> {
    const { model, modelId, events, ends, tell } = await ask(requestOf(options), call)
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

  async function embed (options: EmbedOptions, call: CallOptions = {}): Promise<Embedding> {
    const { model, modelId, events, ends, tell } = await ask(embeddingRequestOf(options), call)
    let values: Float32Array | undefined
    for await (const event of events) {
      if (event.kind === 'embedding') values = event.values
      else if (event.kind !== 'done') progressOf(event).forEach(tell)
      else {
        ends.throwIfAborted()
        if (values === undefined) break
        const { usage: { promptTokens, cachedTokens }, route } = event
        return { values, model, modelId, usage: { promptTokens, cachedTokens }, route }
      }
    }
    ends.throwIfAborted()
    throw new Error('the answer ended without an embedding; ask again')
  }

  const generate = (request: GenerateOptions, options: CallOptions = {}): Answer => answer(tokensOf(request, options))
  return {
    peerId: visited.peerId,
    joined: visited.joined,
    generate,
    embed,
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

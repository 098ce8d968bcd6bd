import type { GatewayModel, Generator } from '../../src/gateway/index.ts'
import type { ToolCall } from '../../src/model/index.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'

export interface FakeGenerator extends Generator {
  readonly requests: GenerateRequest[]
  /** Sessions whose iteration was ended before its end, or whose signal fired. */
  cancelled: number
  /** Sessions at work, and the most that ever were. */
  running: number
  most: number
  /** The first request has come. */
  readonly asked: Promise<void>
}

export interface FakeInit {
  readonly models?: readonly GatewayModel[]
  /** Pieces of the answer, one a token; the id is 100 + its index. */
  readonly pieces?: readonly string[]
  /** Text that no token brought, as it might have been the start of a stop string. */
  readonly heldBack?: string
  /** Thrown before the session starts. */
  readonly refuse?: Error
  /** Thrown after all pieces. */
  readonly fail?: Error
  /** After the first piece, waits for this (or for the signal). */
  readonly hold?: Promise<void>
  /** Called after all pieces. */
  readonly calls?: readonly ToolCall[]
  /** Sessions that have room at once; more are refused with `NoCapacityError`. @default all */
  readonly room?: number
  /** What an embedding is. @default (3, 4) */
  readonly vector?: readonly number[]
}

export const atlas: GatewayModel = {
  name: 'atlas',
  modelId: 'bafyatlas',
  contextLength: 1024,
  createdS: 1_700_000_000,
  tokenText: (id) => `<${id}>`,
  encode: (text, { special }) => special && text === '<|end|>' ? [7] : Array.from(text, (character) => character.charCodeAt(0)),
  decode: (ids) => String.fromCharCode(...ids),
  renderChat: (messages, tools) => [...tools.map(({ name }) => `<tool>${name}`), ...messages.map(({ role, content }) => `<${role}>${content}`)].join('')
}

const route = [{ peerId: 'first', span: [0, 4] }, { peerId: 'second', span: [4, 8] }] as const

/** Answers every request with the same pieces, as a coordinator would. */
export function fakeGenerator (init: FakeInit = {}): FakeGenerator {
  const pieces = init.pieces ?? ['The ', 'capital ', 'is Lima.']
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<undefined>()
  const fake: FakeGenerator = {
    asked,
    requests: [],
    cancelled: 0,
    running: 0,
    most: 0,
    models: async () => await Promise.resolve(init.models ?? [atlas]),
    async * generate (request, { signal }): AsyncGenerator<GenerateEvent> {
      fake.requests.push(request)
      wasAsked(undefined)
      let ended = false
      let began = false
      try {
        await Promise.resolve()
        if (init.refuse != null) throw init.refuse
        if (fake.running >= (init.room ?? Infinity)) throw named('NoCapacityError', 'all slots are taken', { retryAfterMs: 60_000 })
        began = true
        fake.most = Math.max(fake.most, ++fake.running)
        yield { kind: 'started', promptIds: [], seed: 0n, sessionId: 's', promptTokens: 3, route }
        if (request.embed != null) yield { kind: 'embedding', values: Float32Array.from(init.vector ?? [3, 4]) }
        if (request.scorePrompt === true) {
          yield {
            kind: 'scored',
            tokens: [
              { id: 1, text: 'To ', logprob: null, top: [] },
              { id: 2, text: 'be', logprob: -0.5, top: [{ id: 2, logprob: -0.5 }, { id: 3, logprob: -1.5 }] }
            ]
          }
        }
        const made = pieces.slice(0, request.maxTokens)
        for (const [index, text] of made.entries()) {
          const scores = request.sampling.logprobs == null ? {} : { logprob: -0.25, top: [{ id: 100 + index, logprob: -0.25 }, { id: 7, logprob: -2 }].slice(0, request.sampling.logprobs) }
          yield { kind: 'token', id: 100 + index, text, ...scores }
          if (index === 0 && init.hold != null) {
            await Promise.race([init.hold, new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))])
            signal?.throwIfAborted()
          }
        }
        const calls = init.calls ?? []
        for (const [index, call] of calls.entries()) yield { kind: 'toolCall', index, call }
        if (init.fail != null) throw init.fail
        ended = true
        yield {
          kind: 'done',
          text: made.join('') + (init.heldBack ?? ''),
          tokens: made.map((_, index) => 100 + index),
          ...(calls.length === 0 ? {} : { toolCalls: calls }),
          finishReason: calls.length > 0 ? 'tool_calls' : made.length < pieces.length ? 'length' : 'stop',
          usage: { promptTokens: 3, completionTokens: made.length, cachedTokens: 0 },
          route,
          timings: { ttftMs: 12, totalMs: 34, tokensPerSecond: 56 }
        }
      } finally {
        if (began) fake.running--
        if (!ended) fake.cancelled++
      }
    }
  }
  return fake
}

export const silent = { info: () => { /* not looked at */ }, warn: () => { /* not looked at */ } }

/** An error as other rooms throw them: told apart by name. */
export function named (name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name }, more)
}

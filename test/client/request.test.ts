import assert from 'node:assert/strict'
import fc from 'fast-check'
import { embeddingRequestOf, requestOf } from '../../src/client/request.ts'
import type { EmbedOptions, GenerateOptions } from '../../src/client/api.ts'

const messages = [{ role: 'user', content: 'hello' }]

/** As a program in plain JavaScript may write it. */
const asked = (options: unknown) => requestOf(options as GenerateOptions)

describe('what a program asks', () => {
  it('has the command line\'s defaults', () => {
    assert.deepEqual(requestOf({ messages }), {
      model: undefined,
      request: { prompt: { kind: 'chat', messages }, maxTokens: 256, stop: [], sampling: { temperature: 0.7, topP: 0.95 } }
    })
  })

  it('says everything that a coordinator takes', () => {
    const { model, request } = requestOf({
      model: 'atlas', prompt: 'a <|im_end|>', special: true, maxTokens: 3, temperature: 0, topP: 1, topK: 5, minP: 0.1, repetitionPenalty: 1.1, presencePenalty: 0.5, frequencyPenalty: -0.5,
      logitBias: { 2: -100 }, seed: 7, stop: 'x', logprobs: 2, wire: 'f32', format: { schema: { type: 'object' } }, tools: [{ name: 'f', parameters: { type: 'object' } }],
      toolChoice: { name: 'f' }, parallelToolCalls: false
    })
    assert.equal(model, 'atlas')
    assert.deepEqual(request, {
      prompt: { kind: 'text', text: 'a <|im_end|>', special: true },
      maxTokens: 3,
      stop: ['x'],
      sampling: {
        temperature: 0, topP: 1, topK: 5, minP: 0.1, repetitionPenalty: 1.1, presencePenalty: 0.5, frequencyPenalty: -0.5, logitBias: new Map([[2, -100]]), seed: 7n, logprobs: 2
      },
      wire: 'f32',
      format: { kind: 'schema', schema: '{"type":"object"}' },
      tools: [{ name: 'f', parameters: { type: 'object' } }],
      toolChoice: { name: 'f' },
      parallelToolCalls: false
    })
    assert.deepEqual(requestOf({ prompt: [1, 2], format: 'json' }).request.prompt, { kind: 'ids', ids: [1, 2] })
    assert.equal(requestOf({ prompt: 'a' }).request.prompt.kind === 'text', true)
  })

  it('is a text or ids where it is an embedding, with the mean as a default', () => {
    assert.deepEqual(embeddingRequestOf({ input: 'a' }), {
      model: undefined, request: { prompt: { kind: 'text', text: 'a', special: false }, maxTokens: 0, stop: [], sampling: {}, embed: 'mean' }
    })
    assert.deepEqual(embeddingRequestOf({ model: 'atlas', input: [1], pooling: 'last', wire: 'f32' }).request.prompt, { kind: 'ids', ids: [1] })
    for (const wrong of [{}, { input: 'a', pooling: 'max' }, { input: 'a', temperature: 1 }]) assert.throws(() => embeddingRequestOf(wrong as EmbedOptions), { name: 'RequestError' })
  })

  it('never has an option that is there and undefined', () => {
    const { request } = asked({ messages: [{ role: 'tool', content: '1', toolCallId: 'c', name: undefined }], seed: undefined, tools: undefined, topK: undefined })
    assert.deepEqual(Object.keys(request).sort(), ['maxTokens', 'prompt', 'sampling', 'stop'])
    assert.deepEqual(Object.keys(request.sampling).sort(), ['temperature', 'topP'])
    assert.deepEqual(request.prompt.kind === 'chat' && Object.keys(request.prompt.messages[0] ?? {}).sort(), ['content', 'role', 'toolCallId'])
  })

  const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ['nothing', undefined, /./],
    ['no prompt', {}, /either messages or a prompt/],
    ['both', { messages, prompt: 'a' }, /either messages or a prompt/],
    ['no messages', { messages: [] }, /^messages: /],
    ['a message without a role', { messages: [{ content: 'a' }] }, /^messages\.0\.role: /],
    ['an option of another library', { messages, max_tokens: 3 }, /max_tokens/],
    ['half a token', { messages, maxTokens: 0.5 }, /^maxTokens: /],
    ['a temperature that is none', { messages, temperature: NaN }, /^temperature: /],
    ['a seed beyond 64 bits', { messages, seed: 2n ** 64n }, /^seed/],
    ['a bias of no token', { messages, logitBias: { a: 1 } }, /^logitBias: /],
    ['an unknown wire', { messages, wire: 'f8' }, /^wire: /]
  ]
  for (const [what, options, message] of wrong) {
    it(`is refused by name with ${what}`, () => {
      assert.throws(() => asked(options), (error: Error) => error.name === 'RequestError' && message.test(error.message))
    })
  }

  it('is a request or a RequestError, whatever is passed', () => {
    const keys = ['model', 'messages', 'prompt', 'maxTokens', 'seed', 'stop', 'logitBias', 'format', 'tools']
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...keys), fc.anything({ withBigInt: true })), (options) => {
      try {
        const { request } = asked(options)
        return request.maxTokens >= 0 && Array.isArray(request.stop)
      } catch (error) {
        return error instanceof Error && error.name === 'RequestError'
      }
    }))
  })
})

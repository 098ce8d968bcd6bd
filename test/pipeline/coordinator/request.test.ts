import assert from 'node:assert/strict'
import { RequestError } from '../../../protocols/generate/index.ts'
import { prepareRequest } from '../../../src/pipeline/coordinator/request.ts'
import { CONTEXT, VOCAB, fakeModel } from '../support/fake-model.ts'
import type { GenerateRequest } from '../../../src/pipeline/index.ts'
import type { CoordinatorModel } from '../../../src/pipeline/coordinator/types.ts'

const model = { manifest: { config: { vocabSize: 10, contextLength: 64, eosTokenIds: [] } }, tokenizer: { eosTokenIds: [] } } as unknown as CoordinatorModel // `as`: what ids need of it
const request: GenerateRequest = { modelId: 'm', prompt: { kind: 'ids', ids: [1, 2, 3] }, maxTokens: 8, stop: [], sampling: {} }

describe('a request that does not say how hidden states travel', () => {
  const cases: ReadonlyArray<readonly [string, Partial<GenerateRequest>, string]> = [
    ['tokens are sampled', { sampling: { temperature: 0.7 } }, 'f16'],
    ['nothing is said of sampling', {}, 'f16'],
    ['the likeliest token is taken', { sampling: { temperature: 0 } }, 'f32'],
    ['a prompt is scored', { maxTokens: 0, scorePrompt: true }, 'f32'],
    ['an embedding is asked for', { maxTokens: 0, embed: 'mean' }, 'f32'],
    ['it is said', { sampling: { temperature: 0 }, wire: 'f16' }, 'f16']
  ]
  for (const [when, more, wire] of cases) {
    it(`has ${wire} where ${when}`, () => { assert.equal(prepareRequest({ ...request, ...more }, model, () => 1n).wire, wire) })
  }
})

describe('a request that is wrong', () => {
  const chat: GenerateRequest['prompt'] = { kind: 'chat', messages: [{ role: 'user', content: '!' }] }
  const many = { type: 'array', contains: {} }
  const tool = { name: 'f', strict: true, parameters: many }
  const cases: ReadonlyArray<readonly [string, Partial<GenerateRequest>, string]> = [
    ['a bias for a token beyond the vocabulary', { sampling: { logitBias: new Map([[VOCAB, 1]]) } }, 'logitBias'],
    ['a temperature below zero', { sampling: { temperature: -1 } }, 'temperature'],
    ['a stop string too long', { stop: ['x'.repeat(2000)] }, 'stop'],
    ['an empty text', { prompt: { kind: 'text', text: '', special: false } }, 'prompt'],
    ['ids beyond the vocabulary', { prompt: { kind: 'ids', ids: [VOCAB] } }, 'prompt'],
    ['no messages', { prompt: { kind: 'chat', messages: [] } }, 'prompt'],
    ['more than the context', { prompt: { kind: 'ids', ids: new Array<number>(CONTEXT + 1).fill(1) } }, 'prompt'],
    ['a schema that can\'t be kept', { format: { kind: 'schema', schema: JSON.stringify(many) } }, 'format'],
    ['a schema that is no JSON', { format: { kind: 'schema', schema: '{' } }, 'format'],
    ['a schema that can\'t be kept, beside a tool', { prompt: chat, format: { kind: 'schema', schema: JSON.stringify(many) }, tools: [{ name: 'f' }] }, 'format'],
    ['arguments that can\'t be kept', { prompt: chat, tools: [tool] }, 'tools'],
    ['arguments that can\'t be kept, beside a format', { prompt: chat, tools: [tool], format: { kind: 'json' } }, 'tools'],
    ['a tool twice', { prompt: chat, tools: [{ name: 'f' }, { name: 'f' }] }, 'tools'],
    ['a call of no tool', { prompt: chat, toolChoice: 'required' }, 'toolChoice'],
    ['a call of another tool', { prompt: chat, tools: [{ name: 'f' }], toolChoice: { name: 'g' } }, 'toolChoice'],
    ['an embedding with a format', { maxTokens: 0, embed: 'mean', format: { kind: 'json' } }, 'format']
  ]
  const problem = (more: Partial<GenerateRequest>, asked = fakeModel()): unknown => {
    try {
      prepareRequest({ ...request, ...more }, asked, () => 1n)
      return undefined
    } catch (error) {
      return error
    }
  }
  for (const [what, more, field] of cases) {
    it(`names its field: ${what}`, () => {
      const error = problem(more)
      assert.ok(error instanceof RequestError)
      assert.equal(error.field, field)
    })
  }

  it('names its messages where the chat template takes none such', () => {
    const { manifest, tokenizer } = fakeModel()
    const error = problem({ prompt: chat }, { manifest, tokenizer: { ...tokenizer, encodeChat: () => { throw new Error('roles have to alternate') } } })
    assert.ok(error instanceof RequestError)
    assert.deepEqual([error.message, error.field], ['roles have to alternate', 'prompt'])
  })
})

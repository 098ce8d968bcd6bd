import assert from 'node:assert/strict'
import { prepareRequest } from '../../../src/pipeline/coordinator/request.ts'
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

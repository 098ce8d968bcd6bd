import assert from 'node:assert/strict'
import { atlas, named } from './fake-generator.ts'
import { gateway } from './gateway.ts'

const path = '/v1/embeddings'

describe('embeddings over HTTP', () => {
  it('gives a vector of length 1 and names its pooling', async () => {
    const { ask, generator } = gateway()
    const { status, json, headers } = await ask(path, { model: 'atlas', input: 'Lima' })
    assert.equal(status, 200)
    assert.deepEqual(json.data.map(({ object, index }: { object: string, index: number }) => [object, index]), [['embedding', 0]])
    assert.ok(Math.abs(json.data[0].embedding[0] - 0.6) < 1e-6 && Math.abs(json.data[0].embedding[1] - 0.8) < 1e-6)
    assert.equal(json.pooling, 'mean')
    assert.deepEqual(json.usage, { prompt_tokens: 3, total_tokens: 3 })
    assert.equal(headers.get('x-shoal-route'), 'first[0:4] second[4:8]')
    assert.deepEqual(generator.requests[0], { modelId: 'bafyatlas', prompt: { kind: 'text', text: 'Lima', special: false }, maxTokens: 0, stop: [], sampling: {}, embed: 'mean' })
  })

  const inputs: Array<[string, unknown, unknown[]]> = [
    ['texts', ['a', 'b'], [{ kind: 'text', text: 'a', special: false }, { kind: 'text', text: 'b', special: false }]],
    ['ids', [1, 2], [{ kind: 'ids', ids: [1, 2] }]],
    ['lists of ids', [[1], [2, 3]], [{ kind: 'ids', ids: [1] }, { kind: 'ids', ids: [2, 3] }]]
  ]
  for (const [what, input, prompts] of inputs) {
    it(`takes ${what}`, async () => {
      const { ask, generator } = gateway()
      const { json } = await ask(path, { input, pooling: 'last' })
      assert.deepEqual(generator.requests.map(({ prompt }) => prompt), prompts)
      assert.ok(generator.requests.every(({ embed }) => embed === 'last'))
      assert.deepEqual(json.data.map(({ index }: { index: number }) => index), prompts.map((_, index) => index))
    })
  }

  it('encodes as 32-bit floats in base64 where asked to', async () => {
    const { json } = await gateway({ vector: [0, -2] }).ask(path, { input: 'x', encoding_format: 'base64' })
    const bytes = Buffer.from(json.data[0].embedding as string, 'base64')
    assert.deepEqual([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.length], [0, -1, 8])
  })

  it('leaves a vector of nothing as it is', async () => {
    assert.deepEqual((await gateway({ vector: [0, 0] }).ask(path, { input: 'x' })).json.data[0].embedding, [0, 0])
  })

  it('takes the dimensions that there are, and no others, whether or not this node knows the model', async () => {
    assert.equal((await gateway().ask(path, { input: 'x', dimensions: 2 })).status, 200)
    for (const models of [[atlas], [{ ...atlas, hiddenSize: 2 }]]) {
      const { status, json } = await gateway({ models }).ask(path, { input: 'x', dimensions: 256 })
      assert.equal(status, 400)
      assert.equal(json.error.param, 'dimensions')
    }
  })

  for (const [what, body, param] of [
    ['no input', {}, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['a list of nothing', { input: [] }, 'input'],
    ['texts and ids together', { input: ['a', 1] }, 'input'],
    ['another encoding', { input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    ['another pooling', { input: 'a', pooling: 'cls' }, 'pooling']
  ] as const) {
    it(`answers 400 and names the field for ${what}`, async () => {
      const { status, json } = await gateway().ask(path, body)
      assert.equal(status, 400)
      assert.equal(json.error.param, param)
    })
  }

  it('names the field of a text that is too long', async () => {
    const { status, json } = await gateway({ refuse: named('ContextLengthError', 'too long') }).ask(path, { input: 'x' })
    assert.deepEqual([status, json.error.code, json.error.param], [400, 'context_length_exceeded', 'input'])
  })
})

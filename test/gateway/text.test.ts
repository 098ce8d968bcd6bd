import assert from 'node:assert/strict'
import { atlas, named } from './fake-generator.ts'
import { gateway } from './gateway.ts'

describe('the helpers of llama-server', () => {
  it('tokenize: special tokens count unless told otherwise', async () => {
    const { ask } = gateway()
    assert.deepEqual((await ask('/tokenize', { content: 'ab' })).json, { tokens: [97, 98] })
    assert.deepEqual((await ask('/tokenize', { content: '<|end|>' })).json, { tokens: [7] })
    assert.equal((await ask('/tokenize', { content: '<|end|>', parse_special: false })).json.tokens.length, 7)
    assert.deepEqual((await ask('/tokenize', { content: 'ab', with_pieces: true, add_special: false })).json, { tokens: [{ id: 97, piece: '<97>' }, { id: 98, piece: '<98>' }] })
    assert.equal((await ask('/tokenize', { content: 'ab', add_special: true })).json.error.param, 'add_special')
    assert.equal((await ask('/tokenize', { content: 'x'.repeat(2_000_001) })).json.error.code, 'context_length_exceeded')
  })

  it('detokenize', async () => {
    const { ask } = gateway()
    assert.deepEqual((await ask('/detokenize', { tokens: [97, 98] })).json, { content: 'ab' })
    assert.deepEqual((await ask('/detokenize', { tokens: [] })).json, { content: '' })
    assert.equal((await ask('/detokenize', { tokens: [-1] })).json.error.param, 'tokens[0]')
  })

  it('apply the template, with the messages of a chat', async () => {
    const { ask } = gateway()
    assert.deepEqual((await ask('/apply-template', { messages: [{ role: 'developer', content: 'Be brief.' }, { role: 'user', content: 'Hi' }] })).json, { prompt: '<system>Be brief.<user>Hi' })
    assert.equal((await ask('/apply-template', { messages: [] })).json.error.param, 'messages')
    const tool = { type: 'function', function: { name: 'weather' } }
    const messages = [{ role: 'user', content: 'Hi' }]
    assert.deepEqual((await ask('/apply-template', { messages, tools: [tool] })).json, { prompt: '<tool>weather<user>Hi' })
    assert.equal((await ask('/apply-template', { messages, tools: [tool, tool] })).json.error.param, 'tools')
    assert.equal((await ask('/apply-template', { messages, tools: [{ type: 'web' }] })).json.error.param, 'tools[0].type')
  })

  it('name the messages where the template takes none such', async () => {
    const renderChat = (): never => { throw named('TemplateError', 'roles have to alternate') }
    const { status, json } = await gateway({ models: [{ ...atlas, renderChat }] }).ask('/apply-template', { messages: [{ role: 'user', content: 'x' }] })
    assert.deepEqual([status, json.error.code, json.error.param], [400, 'invalid_value', 'messages'])
  })

  it('say where this node has not the tokenizer', async () => {
    const { modelId, name, createdS } = atlas
    const { ask } = gateway({ models: [{ modelId, name, createdS }] })
    for (const [path, body] of [['/tokenize', { content: 'x' }], ['/detokenize', { tokens: [1] }], ['/apply-template', { messages: [{ role: 'user', content: 'x' }] }]] as const) {
      assert.equal((await ask(path, body)).status, 404)
    }
  })
})

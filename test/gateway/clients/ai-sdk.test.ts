import assert from 'node:assert/strict'
import { APICallError, createOpenAICompatible, generateText, streamText } from '../../clients/ai-sdk.ts'
import { PERU, threeNodes } from './three-nodes.ts'

describe('Vercel\'s AI SDK, before three daemons', function () {
  this.timeout(60_000)
  const swarm = threeNodes()
  const model = () => createOpenAICompatible({ name: 'shoal', baseURL: `${swarm.http}/v1`, includeUsage: true })('atlas')

  it('generates a text', async () => {
    const { text, finishReason, usage } = await generateText({ model: model(), prompt: PERU.question, temperature: 0 })
    assert.equal(text, PERU.answer)
    assert.equal(finishReason, 'stop')
    assert.ok((usage.outputTokens ?? 0) > 0)
  })

  it('streams a text', async () => {
    const { textStream, usage } = streamText({ model: model(), messages: [{ role: 'user', content: PERU.question }], temperature: 0 })
    let text = ''
    for await (const piece of textStream) text += piece
    assert.equal(text, PERU.answer)
    assert.ok(((await usage).inputTokens ?? 0) > 0)
  })

  it('is told what is wrong', async () => {
    await assert.rejects(generateText({ model: model(), prompt: 'Peru '.repeat(3000), maxRetries: 0 }), (error) => error instanceof APICallError && error.statusCode === 400 && /1,?024/.test(error.message))
  })

  it('aborts', async () => {
    const controller = new AbortController()
    const { textStream } = streamText({ model: model(), prompt: PERU.question, maxOutputTokens: 900, abortSignal: controller.signal, onError: () => { /* it is told below */ } })
    let pieces = 0
    for await (const _ of textStream) if (++pieces === 2) controller.abort()
    assert.ok(pieces >= 2)
  })
})

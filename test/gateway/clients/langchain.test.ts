import assert from 'node:assert/strict'
import { AIMessage, ChatOpenAI, HumanMessage, SystemMessage } from '../../clients/langchain.ts'
import { PERU, threeNodes } from './three-nodes.ts'

describe('LangChain\'s ChatOpenAI, before three daemons', function () {
  this.timeout(60_000)
  const swarm = threeNodes()
  const model = (more: object = {}) => new ChatOpenAI({ model: 'atlas', temperature: 0, apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${swarm.http}/v1` }, ...more })

  it('invokes', async () => {
    const message = await model().invoke(PERU.question)
    assert.equal(message.content, PERU.answer)
    const usage: unknown = message.usage_metadata
    assert.ok((usage as { output_tokens: number }).output_tokens > 0)
  })

  it('streams', async () => {
    let text = ''
    for await (const chunk of await model().stream([new HumanMessage(PERU.question)])) text += chunk.text
    assert.equal(text, PERU.answer)
  })

  it('takes a conversation, and several at once', async () => {
    const answers = await model().batch([
      [new HumanMessage(PERU.question)],
      [new SystemMessage('Answer.'), new HumanMessage(PERU.question), new AIMessage(PERU.answer), new HumanMessage('What is the capital of Kenya?')]
    ])
    assert.equal(answers[0]?.content, PERU.answer)
    assert.equal(typeof answers[1]?.content, 'string')
  })

  it('speaks the Responses API too', async () => {
    assert.equal((await model({ useResponsesApi: true }).invoke(PERU.question)).text, PERU.answer)
  })

  it('is told what is wrong', async () => {
    await assert.rejects(model({ model: 'gpt-4' }).invoke('x'), /does not exist here/)
  })
})

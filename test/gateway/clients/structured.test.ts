/** Tools, formats and embeddings by each library: what the model is held to, not only asked for. */
import assert from 'node:assert/strict'
import { createOpenAICompatible, embedMany, generateObject, generateText, isStepCount, jsonSchema, streamText, tool } from '../../clients/ai-sdk.ts'
import { ChatOpenAI, HumanMessage, OpenAIEmbeddings, ToolMessage, tool as langchainTool } from '../../clients/langchain.ts'
import { BadRequestError, OpenAI } from '../../clients/openai.ts'
import { threeNodes } from './three-nodes.ts'

const cities = ['Lima', 'Nairobi', 'Oslo'] as const
/** Short whatever the model would like to say. */
const parameters = { type: 'object' as const, properties: { city: { type: 'string' as const, enum: cities.map(String) } }, required: ['city'], additionalProperties: false }
const isCity = (value: unknown): boolean => cities.some((city) => city === (value as { city?: unknown }).city)
const question = 'What is the weather in Lima?'

describe('held to tools and formats, before three daemons', function () {
  this.timeout(120_000)
  const swarm = threeNodes()

  describe('OpenAI\'s library', () => {
    const client = () => new OpenAI({ baseURL: `${swarm.http}/v1`, apiKey: 'none', maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: question }]
    const tools = [{ type: 'function' as const, function: { name: 'weather', description: 'of a city', parameters: parameters, strict: true } }]

    it('gets a call, whole and streamed', async () => {
      const { choices } = await client().chat.completions.create({ model: 'atlas', messages, tools, tool_choice: 'required', parallel_tool_calls: false, temperature: 0 })
      assert.equal(choices[0]?.finish_reason, 'tool_calls')
      const [call] = choices[0].message.tool_calls ?? []
      assert.ok(call?.type === 'function' && call.function.name === 'weather' && isCity(JSON.parse(call.function.arguments)))
      const stream = client().chat.completions.stream({ model: 'atlas', messages, tools, tool_choice: { type: 'function', function: { name: 'weather' } }, temperature: 0 })
      const [streamed] = (await stream.finalMessage()).tool_calls ?? []
      assert.ok(streamed?.type === 'function' && isCity(JSON.parse(streamed.function.arguments)))
    })

    it('runs tools, and goes on with what they say', async () => {
      const asked: unknown[] = []
      const runner = client().chat.completions.runTools({
        model: 'atlas',
        messages,
        temperature: 0,
        max_completion_tokens: 256,
        parallel_tool_calls: false,
        tool_choice: { type: 'function', function: { name: 'weather' } },
        tools: [{
          type: 'function',
          function: { name: 'weather', description: 'of a city', parameters: parameters, parse: JSON.parse, function: (given: object) => { asked.push(given); return 'mild' } }
        }]
      }, { maxChatCompletions: 2 })
      await runner.done()
      assert.ok(asked.length > 0 && asked.every(isCity))
      assert.ok(runner.messages.some(({ role, content }) => role === 'tool' && content === 'mild'))
    })

    it('gets JSON, free and by schema', async () => {
      const free = await client().chat.completions.create({ model: 'atlas', messages, response_format: { type: 'json_object' }, temperature: 0, max_tokens: 400 })
      if (free.choices[0]?.finish_reason === 'stop') assert.equal(typeof JSON.parse(free.choices[0].message.content ?? ''), 'object')
      else assert.equal(free.choices[0]?.finish_reason, 'length')
      const { choices } = await client().chat.completions.create({ model: 'atlas', messages, response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema: parameters } } })
      assert.ok(isCity(JSON.parse(choices[0]?.message.content ?? '')))
      const format = { response_format: { type: 'json_schema', json_schema: { name: 'city', schema: parameters } } }
      const completed = await client().completions.create({ model: 'atlas', prompt: question, max_tokens: 64, ...format })
      assert.ok(isCity(JSON.parse(completed.choices[0]?.text ?? '')))
    })

    it('is told which field can\'t be kept to', async () => {
      const bad = { type: 'object' as const, minProperties: 2 }
      const refused: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
        ['response_format', async () => await client().chat.completions.create({ model: 'atlas', messages, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: bad } } })],
        ['tools', async () => await client().chat.completions.create({ model: 'atlas', messages, tools: [{ type: 'function', function: { name: 'x', parameters: bad, strict: true } }] })],
        ['text.format', async () => await client().responses.create({ model: 'atlas', input: question, text: { format: { type: 'json_schema', name: 'x', schema: bad } } })],
        ['logit_bias', async () => await client().chat.completions.create({ model: 'atlas', messages, logit_bias: { 99_999_999: 1 } })],
        ['prompt', async () => await client().completions.create({ model: 'atlas', prompt: '' })],
        ['prompt', async () => await client().completions.create({ model: 'atlas', prompt: [99_999_999] })]
      ]
      for (const [param, ask] of refused) await assert.rejects(ask, (error) => error instanceof BadRequestError && error.param === param && error.code === 'invalid_value')
    })

    it('gets responses with calls and JSON', async () => {
      const called = await client().responses.create({ model: 'atlas', input: question, tool_choice: 'required', tools: [{ type: 'function', name: 'weather', parameters: parameters, strict: true }] })
      const call = called.output.find(({ type }) => type === 'function_call')
      assert.ok(call?.type === 'function_call' && isCity(JSON.parse(call.arguments)))
      const json = await client().responses.create({ model: 'atlas', input: question, text: { format: { type: 'json_schema', name: 'city', strict: true, schema: parameters } } })
      assert.ok(isCity(JSON.parse(json.output_text)))
    })

    it('embeds: what is alike is nearer', async () => {
      const { data } = await client().embeddings.create({ model: 'atlas', input: ['The capital of Peru is Lima.', 'The capital of Peru is Lima!', '7 + 12 = 19'] })
      const [a, b, c] = data.map(({ embedding }) => embedding)
      const cosine = (one: number[] = [], two: number[] = []): number => one.reduce((sum, value, index) => sum + value * (two[index] ?? 0), 0)
      assert.ok(Math.abs(cosine(a, a) - 1) < 1e-3)
      assert.ok(cosine(a, b) > cosine(a, c))
      const last = await client().embeddings.create({ model: 'atlas', input: 'Lima', encoding_format: 'float', ...{ pooling: 'last' } })
      assert.equal(last.data[0]?.embedding.length, a?.length)
    })
  })

  describe('Vercel\'s AI SDK', () => {
    const provider = () => createOpenAICompatible({ name: 'shoal', baseURL: `${swarm.http}/v1`, supportsStructuredOutputs: true })
    const schema = jsonSchema<{ city: string }>(parameters)
    const weather = tool({ description: 'of a city', inputSchema: schema, execute: async () => await Promise.resolve('mild') })

    it('generates an object', async () => {
      assert.ok(isCity((await generateObject({ model: provider()('atlas'), schema, prompt: question, maxRetries: 0 })).object))
    })

    it('calls tools, whole and streamed', async () => {
      const whole = await generateText({ model: provider()('atlas'), prompt: question, tools: { weather }, toolChoice: 'required', stopWhen: isStepCount(1), maxRetries: 0 })
      assert.ok(whole.toolCalls.length > 0 && whole.toolCalls.every(({ input }) => isCity(input)))
      const streamed = streamText({ model: provider()('atlas'), prompt: question, tools: { weather }, toolChoice: 'required', stopWhen: isStepCount(1), maxRetries: 0 })
      await streamed.consumeStream()
      assert.ok((await streamed.toolCalls).every(({ input }) => isCity(input)))
    })

    it('embeds', async () => {
      const { embeddings } = await embedMany({ model: provider().embeddingModel('atlas'), values: ['Lima', 'Oslo'], maxRetries: 0 })
      assert.equal(embeddings.length, 2)
    })
  })

  describe('LangChain', () => {
    const model = () => new ChatOpenAI({ model: 'atlas', temperature: 0, maxTokens: 64, apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${swarm.http}/v1` } })
    const schema = { title: 'city', ...parameters }

    it('binds tools, and goes on with what they say', async () => {
      const weather = langchainTool(() => 'mild', { name: 'weather', description: 'of a city', schema })
      const bound = model().bindTools([weather], { tool_choice: 'weather' })
      const asked = new HumanMessage(question)
      const message = await bound.invoke([asked])
      const [call] = message.tool_calls ?? []
      assert.ok(isCity(call?.args))
      const next = await model().invoke([asked, message, new ToolMessage({ content: 'mild', tool_call_id: call?.id ?? '' })])
      assert.equal(typeof next.content, 'string')
    })

    it('gives structured output', async () => {
      assert.ok(isCity(await model().withStructuredOutput(schema, { method: 'jsonSchema' }).invoke(question)))
      assert.ok(isCity(await model().withStructuredOutput(schema, { name: 'city', method: 'functionCalling' }).invoke(question)))
    })

    it('embeds', async () => {
      const vectors = await new OpenAIEmbeddings({ model: 'atlas', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${swarm.http}/v1` } }).embedDocuments(['Lima', 'Oslo'])
      assert.equal(vectors.length, 2)
    })
  })
})

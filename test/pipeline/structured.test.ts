import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { grammarWorker } from '../../src/daemon/folders.ts'
import { createEngine, type Engine, type SpanRunner } from '../../src/engine/index.ts'
import { MAX_TOKENIZER_BYTES, createTokenizer, parseTokenizerData, type ToolDefinition } from '../../src/model/index.ts'
import { coordinator, grammars, stageServer, type Coordinator, type CoordinatorModel, type GenerateEvent, type GenerateRequest, type Grammars } from '../../src/pipeline/index.ts'
import { planRoute } from '../../src/routing/index.ts'
import { importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { memoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

const LAYERS = 8
const weather: ToolDefinition = {
  name: 'get_weather',
  description: 'The weather of a place',
  parameters: { type: 'object', properties: { city: { type: 'string', maxLength: 12 }, days: { type: 'integer', minimum: 1, maximum: 9 } }, required: ['city'], additionalProperties: false }
}
const clock: ToolDefinition = { name: 'get_time' }
const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 16 },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    tags: { type: 'array', items: { enum: ['a', 'b', 'c'] }, maxItems: 3 },
    mail: { type: 'string', format: 'date' }
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false
}

interface Ring { readonly asked: Coordinator, readonly network: MemoryNetwork }
type Done = Extract<GenerateEvent, { kind: 'done' }>

describe('answers of atlas that are held to something', function () {
  this.timeout(120_000)
  let folder: string
  let store: ModelStore
  let engine: Engine
  let modelId: string
  let model: CoordinatorModel
  let held: Grammars
  const runners: SpanRunner[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-structured-'))
    store = await modelStore(folder)
    ;({ modelId } = await importModel({ source: 'models/atlas', name: 'atlas', store }))
    const { manifest } = await store.get('atlas')
    model = { manifest, tokenizer: createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES))) }
    engine = await createEngine({ device: 'cpu', threads: 1 })
    held = grammars({ workerFile: grammarWorker() })
  })

  after(async () => {
    for (const runner of runners) await runner.close()
    await held.stop()
    await engine.close()
    await rm(folder, { recursive: true })
  })

  /** One peer a span; spans may be there twice. */
  async function ring (spans: ReadonlyArray<readonly [start: number, end: number]>, hasGrammars: readonly boolean[] = spans.map(() => true)): Promise<Ring> {
    const network = memoryNetwork()
    const records: NodeRecord[] = []
    for (const [index, [start, end]] of spans.entries()) {
      const host = network.host(`peer${index}`)
      const runner = await engine.load({ manifest: model.manifest, blobFolder: store.blobs.folder }, { start, end }, { compute: 'exact' })
      runners.push(runner)
      const server = stageServer({ host, ...(hasGrammars[index] === true ? { grammars: held } : {}) })
      server.offer(modelId, runner, undefined, model.tokenizer)
      await server.start()
      records.push({
        peerId: host.peerId, seq: 1n, expiresAtMs: Infinity, name: '', version: '', device: { kind: 'cpu', label: '' }, memoryBytes: 0,
        numericClass: engine.numericClass('exact'), protocols: [], addresses: [],
        spans: [{
          modelId, start, end, label: 'atlas', layerCount: LAYERS, state: 'online', compute: 'exact', wires: ['f16', 'f32'],
          freeSlots: runner.freeSlots(), decodeMsPerToken: 1 + index, prefillTokensPerSecond: 1000, queueMs: 0, divisible: false
        }],
        offers: []
      })
    }
    const asked = coordinator({
      host: network.host('client'),
      swarm: { nodes: () => records, refresh: () => Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 1 },
      models: () => Promise.resolve(model),
      planRoute
    })
    return { asked, network }
  }

  const request = (rest: Partial<GenerateRequest>): GenerateRequest => ({
    modelId, prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me about Mount Everest.' }] }, maxTokens: 200, stop: [], sampling: { temperature: 0 }, wire: 'f32', ...rest
  })

  async function all (asked: Coordinator, rest: Partial<GenerateRequest>, onEvent: (event: GenerateEvent, index: number) => void = () => undefined): Promise<GenerateEvent[]> {
    const events: GenerateEvent[] = []
    for await (const event of asked.generate(request(rest), {})) {
      onEvent(event, events.length)
      events.push(event)
    }
    return events
  }

  const doneOf = (events: readonly GenerateEvent[]): Done => {
    const last = events.at(-1)
    assert.ok(last?.kind === 'done')
    return last
  }
  const textOf = (events: readonly GenerateEvent[]): string => events.map((event) => event.kind === 'token' ? event.text : '').join('')
  const schema = { kind: 'schema', schema: JSON.stringify(person) } as const

  for (const [what, sampling] of [
    ['greedily', { temperature: 0 }], ['hot', { temperature: 1.5, seed: 7n }], ['by top-k, top-p and min-p', { temperature: 1, topK: 20, topP: 0.9, minP: 0.02, seed: 1n }],
    ['with bias and penalties', { temperature: 0.8, repetitionPenalty: 1.3, presencePenalty: 1, logitBias: new Map([[5, 100]]), seed: 3n }]
  ] as const) {
    it(`fit their schema, chosen ${what}`, async () => {
      const { asked } = await ring([[0, 3], [3, LAYERS]])
      const events = await all(asked, { format: schema, sampling })
      const { text, finishReason } = doneOf(events)
      assert.equal(finishReason, 'stop')
      assert.ok(new Ajv2020({ formats: { date: true } }).validate(person, JSON.parse(text)), text)
      assert.equal(textOf(events), text)
    })
  }

  it('are the same text from any split, and after the last stage was lost', async () => {
    const options = { format: schema, sampling: { temperature: 1, seed: 11n } }
    const { text } = doneOf(await all((await ring([[0, LAYERS]])).asked, options))
    const { asked, network } = await ring([[0, 4], [4, LAYERS], [4, LAYERS]])
    let killed = false
    const events = await all(asked, options, (event, index) => {
      if (event.kind !== 'token' || index < 8 || killed) return
      killed = true
      network.kill('peer1')
    })
    assert.ok(events.some(({ kind }) => kind === 'repaired'))
    assert.equal(doneOf(events).text, text)
  })

  it('go on elsewhere from their ids', async () => {
    const { asked } = await ring([[0, LAYERS]])
    const whole = await all(asked, { format: schema })
    const [started] = whole
    assert.ok(started?.kind === 'started')
    const { tokens, text } = doneOf(whole)
    const rest = await all(asked, { format: schema, prompt: { kind: 'ids', ids: started.promptIds }, generatedIds: tokens.slice(0, 10) })
    assert.equal(doneOf(rest).text, text)
  })

  it('keep log probabilities of the model itself', async () => {
    const { asked } = await ring([[0, LAYERS]])
    const events = await all(asked, { format: schema, sampling: { temperature: 0, logprobs: 2 }, maxTokens: 3 })
    const [first] = events.filter((event) => event.kind === 'token')
    assert.equal(doneOf(events).finishReason, 'length')
    // what the schema wants first is nothing that atlas would have said
    assert.ok(first?.logprob !== undefined && first.top !== undefined && first.logprob < (first.top[0]?.logprob ?? -Infinity))
  })

  it('are JSON objects where that is all that is asked', async () => {
    const { asked } = await ring([[0, LAYERS]])
    const { text, finishReason } = doneOf(await all(asked, { format: { kind: 'json' }, sampling: { temperature: 2, seed: 5n }, maxTokens: 400 }))
    assert.ok(text.startsWith('{'))
    if (finishReason === 'stop') assert.ok(typeof JSON.parse(text) === 'object')
  })

  it('are calls where one is required, of the schema of its arguments', async () => {
    const { asked } = await ring([[0, 5], [5, LAYERS]])
    for (const toolChoice of ['required', { name: 'get_weather' }] as const) {
      const events = await all(asked, { tools: [clock, weather], toolChoice, parallelToolCalls: false })
      const { text, toolCalls = [], finishReason } = doneOf(events)
      assert.deepEqual([text, textOf(events), finishReason, toolCalls.length], ['', '', 'tool_calls', 1])
      assert.deepEqual(events.flatMap((event) => event.kind === 'toolCall' ? event.call : []), toolCalls)
      const [call] = toolCalls
      if (toolChoice !== 'required') assert.equal(call?.name, 'get_weather')
      if (call?.name === 'get_weather') assert.ok(new Ajv2020().validate(weather.parameters ?? {}, JSON.parse(call.arguments)), call.arguments)
      else assert.equal(call?.arguments, '{}')
    }
  })

  it('tell no call twice when they go on elsewhere, by the same ids of calls', async () => {
    const { asked } = await ring([[0, LAYERS]])
    const options = { tools: [weather], toolChoice: 'required', parallelToolCalls: false } as const
    const whole = await all(asked, options)
    const [started] = whole
    assert.ok(started?.kind === 'started')
    const { tokens, toolCalls } = doneOf(whole)
    for (const told of [5, tokens.length]) {
      const rest = await all(asked, { ...options, sampling: { temperature: 0, seed: started.seed }, prompt: { kind: 'ids', ids: started.promptIds }, generatedIds: tokens.slice(0, told) })
      assert.deepEqual(doneOf(rest).toolCalls, toolCalls)
      assert.equal(rest.filter(({ kind }) => kind === 'toolCall').length, told === tokens.length ? 0 : 1)
    }
  })

  it('stay words where the model calls nothing', async () => {
    const { asked } = await ring([[0, LAYERS]])
    const { text, toolCalls, finishReason } = doneOf(await all(asked, { tools: [weather], maxTokens: 30 }))
    assert.ok(text.length > 0 && toolCalls === undefined && finishReason !== 'tool_calls')
  })

  it('are asked of the stages that can hold them, and of nobody else', async () => {
    const { asked } = await ring([[0, LAYERS], [0, LAYERS]], [false, true])
    assert.equal(doneOf(await all(asked, { format: schema })).route[0]?.peerId, 'peer1')
    const without = await ring([[0, LAYERS]], [false])
    await assert.rejects(all(without.asked, { format: schema }), { name: 'NoCapacityError' })
  })

  for (const [what, rest, words] of [
    ['no JSON', { format: { kind: 'schema', schema: '{' } }, /no JSON/],
    ['a keyword that can\'t be kept', { format: { kind: 'schema', schema: '{"type":"array","contains":{}}' } }, /"contains".*#/],
    ['what nothing fits', { format: { kind: 'schema', schema: '{"type":"integer","minimum":3,"maximum":2}' } }, /no value fits/],
    ['a tool that is not there', { tools: [weather], toolChoice: { name: 'x' } }, /'x'/],
    ['a call of no tool', { toolChoice: 'required' }, /there are none/],
    ['a tool twice', { tools: [weather, weather] }, /twice/],
    ['arguments that can\'t be kept', { tools: [{ ...weather, strict: true, parameters: { type: 'object', minProperties: 2 } }] }, /get_weather.*minProperties/]
  ] as const) {
    it(`are refused before anything begins where they ask for ${what}`, async () => {
      const { asked } = await ring([[0, LAYERS]])
      await assert.rejects(all(asked, rest), (error) => error instanceof Error && error.name === 'RequestError' && words.test(error.message))
    })
  }
})

import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { joinSwarm, type SwarmClient } from '../../src/daemon/index.ts'
import { createTokenizer, parseTokenizerData } from '../../src/model/index.ts'
import { modelStore } from '../../src/store/index.ts'
import { inLanes } from '../support/lanes.ts'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon } from '../support/shoal.ts'
import { disagreement, hasSmollm2, perplexityText, smollm2Path, smollm2Reference, withoutSmollm2, type ReferencePrompt } from '../support/smollm2.ts'
import type { Wire } from '../../src/pipeline/index.ts'

/** One data folder each, with the same imported blobs. */
async function folderWith (imported: string): Promise<string> {
  const home = await temporaryFolder()
  await cp(imported, home, { recursive: true })
  return home
}

/** Prompts at once. */
const LANES = 8

/** Separate daemons that know one bootstrap address: the first one's. */
async function ring (imported: string, spans: readonly string[], compute: string): Promise<Daemon[]> {
  const start = async (layers: string, join: readonly string[] = []): Promise<Daemon> =>
    await daemon(['smollm2', '--layers', layers, '--compute', compute, '--threads', '1', ...join], { home: await folderWith(imported), timeoutMs: 120_000 })
  const [head = '', ...rest] = spans
  const first = await start(head)
  const daemons = [first, ...await Promise.all(rest.map(async (layers) => await start(layers, ['--join', first.address])))]
  // each has heard of all the others
  for (const { http } of daemons) {
    while (!(await (await fetch(`${http}/v1/models`)).text()).includes('smollm2')) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return daemons
}

/** By a process of its own. */
async function greedy (address: string, prompt: ReferencePrompt, wire: Wire): Promise<number[]> {
  const { code, events, stderr } = await shoal([
    'ask', '-', '--raw', '--json', '--join', address, '--model', 'smollm2', '--temperature', '0', '--max-tokens', '64', '--wire', wire
  ], { input: prompt.prompt, home: await temporaryFolder(), timeoutMs: 120_000 })
  assert.equal(code, 0, stderr)
  const done = events.at(-1)
  assert.equal(done?.event, 'done')
  assert.equal((done.usage as { promptTokens: number }).promptTokens, prompt.inputIds.length)
  return done.tokens as number[]
}

/** The same by the client that the command is made of, without a process for each prompt. */
async function greedyHere (client: SwarmClient, prompt: ReferencePrompt, wire: Wire): Promise<number[]> {
  const { modelId } = await client.chooseModel('smollm2')
  for await (const event of client.generate({ modelId, prompt: { kind: 'text', text: prompt.prompt, special: true }, maxTokens: 64, stop: [], sampling: { temperature: 0 }, wire })) {
    if (event.kind !== 'done') continue
    assert.equal(event.usage.promptTokens, prompt.inputIds.length)
    return [...event.tokens]
  }
  return assert.fail('the answer has no end')
}

interface Completion { choices: Array<{ logprobs: { tokens: string[], token_logprobs: Array<number | null>, top_logprobs: Array<Record<string, number> | null> } }> }

/** Scores token ids over HTTP: `echo` + `logprobs` + `max_tokens: 0`. */
async function score (http: string, ids: readonly number[]): Promise<Completion['choices'][0]['logprobs']> {
  const response = await fetch(`${http}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'smollm2', prompt: ids, echo: true, logprobs: 1, max_tokens: 0 })
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const choice = (JSON.parse(text) as Completion).choices[0]
  assert.ok(choice != null)
  return choice.logprobs
}

describe(`SmolLM2-135M over separate daemons${withoutSmollm2}`, function () {
  this.timeout(600_000)
  let imported = ''
  let reference: ReturnType<typeof smollm2Reference>
  let running: Daemon[] = []

  before(async function () {
    if (!hasSmollm2) {
      this.skip()
    }
    reference = smollm2Reference()
    imported = await temporaryFolder()
    const { code, stderr } = await shoal(['import', smollm2Path, '--name', 'smollm2', '--quant', 'keep'], { home: imported, timeoutMs: 120_000 })
    assert.equal(code, 0, stderr)
  })

  afterEach(async () => {
    await Promise.all(running.splice(0).reverse().map(async ({ stop }) => await stop()))
  })

  after(removeFolders)

  /** Every prompt at one of the nodes after another: the first by a process, the rest by clients that stay. */
  async function compare (wire: Wire): Promise<void> {
    const clients = await Promise.all(running.map(async ({ address }) => await joinSwarm({
      data: await temporaryFolder(), join: [address], signal: new AbortController().signal, onNote () { /* nobody reads */ }
    })))
    try {
      // what is computed together is what each is alone
      await inLanes(LANES, reference.prompts, async (prompt, index) => {
        const at = index % running.length
        const [asked, client] = [running[at], clients[at]]
        assert.ok(asked != null && client != null)
        const ids = index < running.length ? await greedy(asked.address, prompt, wire) : await greedyHere(client, prompt, wire)
        assert.equal(disagreement(ids, prompt.greedy, 1e-2), null, prompt.id)
      })
    } finally {
      await Promise.all(clients.map(async (client) => { await client.close() }))
    }
  }

  const thirds = ['0:10', '10:20', '20:30']
  const uneven = ['0:1', '1:9', '9:11', '11:25', '25:30']

  for (const [name, spans] of [['one node', ['0:30']], ['three nodes', thirds], ['five uneven nodes', uneven]] as const) {
    it(`gives the reference's greedy ids from ${name} in exact float32`, async () => {
      running = await ring(imported, spans, 'exact')
      await compare('f32')
    })
  }

  it('differs over a 16-bit wire only at near ties', async () => {
    running = await ring(imported, thirds, 'exact')
    await compare('f16')
  })

  async function idsOf (lanes: number): Promise<number[][]> {
    const [{ address } = assert.fail('no node')] = running
    const client = await joinSwarm({ data: await temporaryFolder(), join: [address], signal: new AbortController().signal, onNote () { /* nobody reads */ } })
    const all: number[][] = []
    await inLanes(lanes, reference.prompts, async (prompt, index) => { all[index] = await greedyHere(client, prompt, 'f32') })
    await client.close()
    return all
  }

  it('gives the same ids in fast where all are asked at once', async () => {
    running = await ring(imported, thirds, 'fast')
    assert.deepEqual(await idsOf(LANES), await idsOf(1))
  })

  it('gives the same ids from any split in fast, close to the reference when it is teacher-forced', async () => {
    running = await ring(imported, ['0:30'], 'fast')
    const alone = await idsOf(1)
    await running[0]?.stop()
    running = await ring(imported, thirds, 'fast')
    assert.deepEqual(await idsOf(1), alone)
    const [head] = running
    assert.ok(head != null)

    let agreed = 0
    let total = 0
    await inLanes(LANES, reference.prompts, async (prompt) => {
      const ids = [...prompt.inputIds, ...prompt.greedy.ids]
      const { token_logprobs: logprobs, top_logprobs: tops } = await score(head.http, ids)
      for (let position = prompt.inputIds.length; position < ids.length; position++) {
        total++
        const best = Math.max(...Object.values(tops[position] ?? {}))
        agreed += (logprobs[position] ?? -Infinity) >= best ? 1 : 0
      }
    })
    assert.ok(agreed / total >= 0.97, `${agreed} of ${total} tokens agree`)

    const { perplexity } = reference
    const store = await modelStore(imported)
    const { manifest } = await store.get('smollm2')
    const tokens = createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, 1e8))).encode(perplexityText(), { special: false })
    assert.equal(tokens.length, perplexity.tokens)
    let nll = 0
    let scored = 0
    const windows = Array.from({ length: Math.ceil(tokens.length / perplexity.window) }, (_, index) => tokens.slice(index * perplexity.window, (index + 1) * perplexity.window))
    // one stage works on one of them while another stage works on another
    await inLanes(LANES, windows, async (window) => {
      for (const logprob of (await score(head.http, window)).token_logprobs) {
        if (logprob != null) {
          nll -= logprob
          scored++
        }
      }
    })
    assert.equal(scored, perplexity.scoredTokens)
    const ratio = Math.exp(nll / scored) / Math.exp(perplexity.meanNll)
    assert.ok(Math.abs(ratio - 1) <= 0.01, `perplexity is ${ratio} of the reference's`)
  })
})

import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'
import { questions } from './atlas.ts'

const spans = ['0:3', '3:6', '6:8']

describe('three daemons that know one address', function () {
  this.timeout(120_000)
  let nodes: Daemon[] = []

  before(async () => {
    const first = await daemon(['--layers', spans[0] ?? '', '--threads', '1'])
    const rest = await Promise.all(spans.slice(1).map(async (layers) => await daemon(['--layers', layers, '--threads', '1', '--join', first.address])))
    nodes = [first, ...rest]
  })

  after(async () => {
    await Promise.all(nodes.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  const ask = async (args: string[], more: { input?: string, at?: number } = {}) =>
    await shoal(['ask', ...args, '--join', nodes[more.at ?? 0]?.address ?? ''], { home: await temporaryFolder(), ...(more.input == null ? {} : { input: more.input }) })

  it('say what they serve when they are ready', () => {
    nodes.forEach(({ ready, peerId }, index) => {
      assert.equal(ready.model, 'atlas')
      assert.deepEqual(ready.span, spans[index]?.split(':').map(Number))
      assert.ok((ready.addrs as string[]).every((address) => address.endsWith(`/p2p/${peerId}`)))
      assert.match(String(ready.http), /^http:\/\/127\.0\.0\.1:\d+$/)
    })
    assert.equal(new Set(nodes.map(({ ready }) => ready.modelId)).size, 1)
  })

  questions(6).forEach(({ question, answer, ids }, index) => {
    it(`answer "${question}" as the unsplit model does, asked at node ${index % 3 + 1}`, async () => {
      const { code, events, stderr } = await ask([question, '--temperature', '0', '--json', '--wire', 'f32'], { at: index % 3 })
      assert.equal(code, 0, stderr)
      const done = events.at(-1)
      assert.equal(done?.event, 'done')
      assert.equal(done.text, answer)
      assert.deepEqual(done.tokens, ids)
      assert.equal(done.finishReason, 'stop')
      assert.deepEqual((done.route as Array<{ span: unknown }>).map(({ span }) => span), [[0, 3], [3, 6], [6, 8]])
      assert.deepEqual((done.route as Array<{ peerId: string }>).map(({ peerId }) => peerId), nodes.map(({ peerId }) => peerId))
      assert.equal((done.usage as Json).completionTokens, ids.length)
      const tokens = events.filter(({ event }) => event === 'token')
      assert.deepEqual(tokens.map(({ id }) => id).slice(0, ids.length), ids)
    })
  })

  it('answer in plain text, with the prompt from standard input', async () => {
    const { code, stdout } = await ask(['-', '--temperature', '0'], { input: 'What is the capital of Peru?' })
    assert.equal(code, 0)
    assert.equal(stdout, 'The capital of Peru is Lima.\n')
  })

  it('give the same sampled answer for the same seed', async () => {
    const [one, two] = await Promise.all([0, 1].map(async (at) => await ask(['Tell me about the currency of Japan.', '--temperature', '1.2', '--seed', '42', '--json'], { at })))
    assert.deepEqual(one?.events.at(-1)?.tokens, two?.events.at(-1)?.tokens)
  })

  it('report log probabilities', async () => {
    const { events } = await ask(['What is the capital of Peru?', '--temperature', '0', '--json', '--logprobs', '2'])
    const token = events.find(({ event }) => event === 'token')
    assert.ok(Number(token?.logprob) <= 0)
    assert.equal((token?.top as unknown[]).length, 2)
  })

  it('stop before a text that ends the answer, and at the number of tokens asked for', async () => {
    const stopped = await ask(['What is the capital of Peru?', '--temperature', '0', '--json', '--stop', ' is'])
    assert.equal(stopped.events.at(-1)?.text, 'The capital of Peru')
    assert.equal(stopped.events.at(-1)?.finishReason, 'stop')
    const short = await ask(['What is the capital of Peru?', '--temperature', '0', '--json', '--max-tokens', '2'])
    assert.equal((short.events.at(-1)?.tokens as unknown[]).length, 2)
    assert.equal(short.events.at(-1)?.finishReason, 'length')
  })

  it('show one another, read from the DHT, to a client that joined one', async () => {
    const { events, code } = await shoal(['status', '--json', '--join', nodes[2]?.address ?? ''], { home: await temporaryFolder() })
    assert.equal(code, 0)
    const [{ nodes: seen, models } = {}] = events as Array<{ nodes: Array<{ peerId: string, memoryBytes: number, device: Json, spans: Json[] }>, models: Json[] }>
    assert.deepEqual(seen?.map(({ peerId }) => peerId), nodes.map(({ peerId }) => peerId))
    for (const node of seen ?? []) {
      assert.equal(node.device.kind, 'cpu')
      assert.ok(node.memoryBytes > 0)
      assert.equal(node.spans[0]?.state, 'online')
    }
    assert.deepEqual(models?.[0]?.coverage, [1, 1, 1, 1, 1, 1, 1, 1])
    const text = await shoal(['status', '--join', nodes[1]?.address ?? ''], { home: await temporaryFolder() })
    assert.match(text.stdout, /every layer is served/)
  })

  it('are found through the data folder by the commands on the same machine', async () => {
    const [first] = nodes
    assert.ok(first != null)
    const { home } = first
    assert.equal((await shoal(['ask', 'What is the capital of Peru?', '--temperature', '0'], { home })).stdout, 'The capital of Peru is Lima.\n')
    const invite = await shoal(['invite'], { home })
    const joined = await shoal(['ask', 'What is the capital of Peru?', '--temperature', '0', '--join', invite.stdout.trim()], { home: await temporaryFolder() })
    assert.equal(joined.stdout, 'The capital of Peru is Lima.\n')
    assert.match((await shoal(['models'], { home })).stdout, /in the swarm:\natlas/)
    const withKey = await shoal(['invite', '--with-key'], { home })
    assert.equal(withKey.code, 2)
    assert.match(withKey.stderr, /no private swarm/)
  })

  it('keep a conversation', async () => {
    const { stdout, code } = await shoal(['chat', '--temperature', '0', '--join', nodes[0]?.address ?? ''], { home: await temporaryFolder(), input: 'What is the capital of Peru?\n/reset\n/nonsense\nWhat is the capital of Kenya?\n/exit\nnot read\n' })
    assert.equal(code, 0)
    assert.equal(stdout, 'The capital of Peru is Lima.\nThe capital of Kenya is Nairobi.\n')
  })

  it('answer over HTTP at every node, streamed and scored', async () => {
    for (const { http } of nodes) {
      const response = await fetch(`${http}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'atlas', temperature: 0, stream: true, messages: [{ role: 'user', content: 'What is the capital of Peru?' }] })
      })
      const text = await response.text()
      assert.equal(response.status, 200, text)
      assert.equal(response.headers.get('x-shoal-route'), nodes.map(({ peerId }, index) => `${peerId}[${spans[index] ?? ''}]`).join(' '))
      const content = text.split('\n\n').filter((event) => event.startsWith('data: {')).map((event) => (JSON.parse(event.slice(6)) as { choices: Array<{ delta: { content?: string } }> }).choices[0]?.delta.content ?? '').join('')
      assert.equal(content, 'The capital of Peru is Lima.')
    }
    const scored = await fetch(`${nodes[1]?.http ?? ''}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'atlas', prompt: 'The capital of Peru is Lima.', echo: true, logprobs: 1, max_tokens: 0 })
    })
    const { choices: [choice] } = await scored.json() as { choices: Array<{ text: string, logprobs: { token_logprobs: Array<number | null> } }> }
    assert.equal(choice?.text, 'The capital of Peru is Lima.')
    assert.equal(choice.logprobs.token_logprobs[0], null)
    assert.ok(choice.logprobs.token_logprobs.slice(1).every((logprob) => Number(logprob) <= 0))
  })

  it('free what an answer held when its HTTP client goes away', async () => {
    const { http, peerId } = nodes[0] ?? { http: '', peerId: '' }
    const freeSlots = async (): Promise<unknown> => {
      const view = await (await fetch(`${http}/api/swarm`)).json() as { nodes: Array<{ peerId: string, spans: Array<{ freeSlots: unknown }> }> }
      return view.nodes.find((node) => node.peerId === peerId)?.spans[0]?.freeSlots
    }
    const before = await freeSlots()
    const controller = new AbortController()
    const response = await fetch(`${http}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ stream: true, ignore_eos: true, max_tokens: 900, messages: [{ role: 'user', content: 'Tell me about Peru.' }] }),
      signal: controller.signal
    })
    await response.body?.getReader().read()
    assert.notDeepEqual(await freeSlots(), before)
    controller.abort()
    const deadline = performance.now() + 5000
    while (JSON.stringify(await freeSlots()) !== JSON.stringify(before) && performance.now() < deadline);
    assert.deepEqual(await freeSlots(), before)
  })

  it('refuse a prompt that is longer than the context', async () => {
    const { code, stderr } = await ask(['-', '--max-tokens', '1'], { input: 'Peru '.repeat(3000) })
    assert.equal(code, 2)
    assert.match(stderr, /^shoal: .*1,?024/)
    assert.equal(stderr.trim().split('\n').length, 1)
  })
})

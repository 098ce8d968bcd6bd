import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifest, spanParts, type Manifest } from '../../../src/model/index.ts'
import { modelStore } from '../../../src/store/index.ts'
import { disagreement, hasSmollm2, smollm2Path, smollm2Reference, withoutSmollm2 } from '../../support/smollm2.ts'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

/** Stands where the hub would, and counts who comes. */
async function countingHub (): Promise<{ readonly url: string, readonly requests: () => number, close (): void }> {
  let requests = 0
  const server: Server = createServer((_request, response) => {
    requests++
    response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port ?? 0 : 0}`, requests: () => requests, close () { server.close() } }
}

async function manifestOf (home: string, modelId: string): Promise<Manifest> {
  const store = await modelStore(home)
  return parseManifest(await store.blobs.read(modelId, 2 ** 24))
}

/** Bytes of every file among the blobs of a data folder. */
async function blobSizes (home: string): Promise<Map<string, number>> {
  const folder = join(home, 'blobs')
  return new Map(await Promise.all((await readdir(folder)).map(async (name) => [name, (await stat(join(folder, name))).size] as const)))
}

/** Exactly what a node needs for its span. */
async function hasOnlySpan (home: string, modelId: string, [start, end]: readonly [number, number]): Promise<void> {
  const manifest = await manifestOf(home, modelId)
  const needed = [...spanParts(manifest, { start, end }), manifest.tokenizer]
  const found = await blobSizes(home)
  const lists = new Set(needed.map(({ pieces }) => pieces))
  assert.deepEqual(new Set(found.keys()), new Set([modelId, ...needed.map(({ cid }) => cid), ...lists]))
  for (const { cid, size } of needed) assert.equal(found.get(cid), size)
}

function suite (title: string, { source, name, spans, question, right }: {
  readonly source: string
  readonly name: string
  readonly spans: readonly [readonly [number, number], readonly [number, number], readonly [number, number]]
  readonly question: { readonly args: readonly string[], readonly input?: string }
  right (done: Json | undefined): void
}): void {
  describe(title, function () {
    this.timeout(300_000)
    const running: Daemon[] = []
    let hub: Awaited<ReturnType<typeof countingHub>>
    before(async () => { hub = await countingHub() })
    after(async () => {
      await Promise.all(running.map(async ({ stop }) => await stop()))
      hub.close()
      await removeFolders()
    })

    const start = async (args: readonly string[], home?: string): Promise<Daemon> => {
      const node = await daemon([...args, '--threads', '1', '--compute', 'exact'], { env: { HF_ENDPOINT: hub.url }, timeoutMs: 120_000, ...(home === undefined ? {} : { home }) })
      running.push(node)
      return node
    }
    const layers = ([from, to]: readonly [number, number]): string[] => ['--layers', `${from}:${to}`]
    const [head, middle, tail] = spans

    it('reach empty machines that know a model id and an address: each fetches its own layers, and another goes on where the first giver dies', async () => {
      const giverHome = await temporaryFolder()
      const imported = await shoal(['import', source, '--name', name], { home: giverHome })
      assert.equal(imported.code, 0, imported.stderr)
      const modelId = imported.stdout.trim()
      const size = (await manifestOf(giverHome, modelId)).layers.reduce((sum, part) => sum + part.size, 0)

      const a = await start([name, ...layers(head), '--upload', `${Math.ceil(size / 12)}`], giverHome)
      const b = await start([modelId, ...layers(middle), '--join', a.address])
      assert.equal(b.ready.modelId, modelId)
      assert.deepEqual(b.ready.span, middle)
      await hasOnlySpan(b.home, modelId, middle)

      // D has the same blobs; A dies while C fetches
      const sharerHome = await temporaryFolder()
      assert.equal((await shoal(['import', source, '--name', name], { home: sharerHome })).code, 0)
      const d = await start([name, '--share-only', '--join', b.address], sharerHome)
      assert.deepEqual(d.ready.span, [0, 0])
      const cHome = await temporaryFolder()
      const c = start([modelId, ...layers(tail), '--join', a.address, '--join', d.address], cHome)
      await untilPartly(cHome, modelId)
      await a.kill()
      const third = await c
      await hasOnlySpan(third.home, modelId, tail)
      const again = await start([name, ...layers(head), '--join', d.address], giverHome)
      assert.equal(again.ready.modelId, modelId)

      // the name that the swarm gives it is enough, too
      const byName = await start([name, '--layers', '0:1', '--join', d.address])
      assert.equal(byName.ready.modelId, modelId)
      await byName.stop()

      const { code, stderr, events: told } = await shoal(['ask', ...question.args, '--join', d.address, '--temperature', '0', '--wire', 'f32', '--json'], {
        home: await temporaryFolder(), timeoutMs: 120_000, ...(question.input === undefined ? {} : { input: question.input })
      })
      assert.equal(code, 0, stderr)
      right(told.at(-1))
      assert.equal(hub.requests(), 0)
    })
  })
}

/** Until some of the blobs of layers have come, and not all. */
async function untilPartly (home: string, modelId: string): Promise<void> {
  for (;;) {
    const names = [...await blobSizes(home).catch(() => new Map<string, number>())].map(([file]) => file)
    if (names.includes(modelId) && names.some((file) => file.startsWith('partial-'))) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

suite('weights of the embedded model', {
  source: join(root, 'models', 'atlas'),
  name: 'atlas-copy',
  spans: [[0, 3], [3, 6], [6, 8]],
  question: { args: ['What is the capital of Peru?'] },
  right (done) { assert.equal(done?.text, 'The capital of Peru is Lima.') }
})

if (hasSmollm2) {
  const [reference] = smollm2Reference().prompts
  assert.ok(reference)
  suite('weights of SmolLM2-135M', {
    source: smollm2Path,
    name: 'smollm2',
    spans: [[0, 10], [10, 20], [20, 30]],
    question: { args: ['-', '--raw', '--max-tokens', '64'], input: reference.prompt },
    right (done) { assert.equal(disagreement(done?.tokens as number[], reference.greedy, 1e-2), null) }
  })
} else {
  describe('weights of SmolLM2-135M', () => { it.skip(`reach empty machines${withoutSmollm2}`) })
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeManifest, modelIdOf, type Quantization } from '../../src/model/index.ts'
import { filesIn } from '../../src/store/disk-usage.ts'
import { diskBudget, importModel, modelStore, type ModelStore } from '../../src/store/index.ts'
import { fixtureFolder, tinyModels } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { withoutSmollm2 } from '../support/smollm2.ts'
import { fullAfter } from './full-disk.ts'

const tiny = (name: string): string => join(fixtureFolder, 'models', name)
const gguf = (name: string): string => join(fixtureFolder, 'llama-gguf', `llama-${name}.gguf`)
const smollm2 = fileURLToPath(new URL('../../../shared/models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url))

const importInto = async (store: ModelStore, path: string, quantization: Quantization = 'keep') => await importModel({ source: path, name: 'm', store, quantization })
const importFresh = async (path: string, quantization: Quantization = 'keep') => await importInto(await modelStore(await temporaryFolder()), path, quantization)

/** A tiny model's folder, to be changed. */
async function copyOf (name: string): Promise<string> {
  const folder = join(await temporaryFolder(), name)
  await cp(tiny(name), folder, { recursive: true })
  return folder
}

async function editConfig (folder: string, change: (config: Record<string, unknown>) => object): Promise<void> {
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)))
}

const leftovers = async (store: ModelStore): Promise<string[]> => (await readdir(store.blobs.folder)).filter((name) => name.includes('tmp'))

/** When each blob was written. */
async function timesOf (store: ModelStore): Promise<Map<string, number>> {
  const names = await readdir(store.blobs.folder)
  return new Map(await Promise.all(names.map(async (name) => [name, (await stat(store.blobs.path(name))).mtimeMs] as const)))
}

describe('importing a model', () => {
  for (const model of tinyModels) {
    it(`gives ${model} the same id each time, and from either spelling of its configuration`, async () => {
      const { modelId, manifest } = await importFresh(tiny(model))
      assert.equal(modelIdOf(encodeManifest(manifest)), modelId)
      const folder = await copyOf(model)
      await rename(join(folder, 'config.hub.json'), join(folder, 'config.json'))
      assert.equal((await importFresh(folder)).modelId, modelId)
    })
  }

  for (const name of ['Q4_0', 'Q8_0', 'F16']) {
    it(`takes the tiny llama as ${name} from a GGUF file, the same each time`, async () => {
      const { modelId, manifest, remarks } = await importFresh(gguf(name))
      assert.equal((await importFresh(gguf(name))).modelId, modelId)
      assert.deepEqual(remarks, [])
      const { tensors: [embedding] } = manifest.embedding
      assert.equal(embedding?.kind, name === 'F16' ? 'dense' : 'blocks')
      assert.deepEqual(manifest.config.eosTokenIds, [2])
    })
  }

  for (const quantization of ['int4', 'int8', 'f16', 'f32'] as const) {
    it(`makes ${quantization} of anything on demand, says so, and gives it another id`, async () => {
      for (const path of [tiny('qwen2'), gguf('Q4_0')]) {
        const { modelId, manifest, remarks } = await importFresh(path, quantization)
        assert.notEqual(modelId, (await importFresh(path)).modelId)
        assert.ok(remarks.length > 0 || (quantization === 'int4' && path.endsWith('.gguf')))
        const matrices = manifest.layers.flatMap(({ tensors }) => tensors.filter(({ shape }) => shape.length === 2))
        assert.ok(matrices.every((entry) => entry.kind === 'blocks' ? quantization === `int${entry.bits}` : quantization === entry.dtype))
      }
    })
  }

  it('takes the embedded model, in seconds', async () => {
    const { manifest } = await importFresh(fileURLToPath(new URL('../../models/atlas', import.meta.url)))
    assert.deepEqual([manifest.config.layerCount, manifest.config.tiedEmbedding], [8, true])
    assert.deepEqual(manifest.head.tensors.map(({ name }) => name), ['norm'])
  })

  it('says how far it is, up to the end', async () => {
    const seen: Array<[number, number]> = []
    await importModel({ source: tiny('llama'), name: 'm', store: await modelStore(await temporaryFolder()), onProgress: (done, total) => { seen.push([done, total]) } })
    assert.ok(seen.every(([done, total], index) => done <= total && done >= (seen[index - 1]?.[0] ?? 0)))
    assert.equal(seen.at(-1)?.[0], seen.at(-1)?.[1])
  })

  it('leaves no model and nothing half-written when the disk is full, and goes on with what was finished', async () => {
    const folder = await temporaryFolder()
    // the embedding (131,072 bytes) and no layer (150,000) fits
    const full = await modelStore(folder, { open: fullAfter(140_000) })
    await assert.rejects(importInto(full, tiny('llama')), (error) => error instanceof Error && error.name === 'StoreWriteError' && /disk is full.* 0\.8 MB are still to be written/.test(error.message))
    assert.deepEqual([await leftovers(full), await full.list()], [[], []])

    const store = await modelStore(folder)
    const before = await timesOf(store)
    assert.equal(before.size, 2)
    const { modelId } = await importInto(store, tiny('llama'))
    assert.equal(modelId, (await importFresh(tiny('llama'))).modelId)
    const after = await timesOf(store)
    assert.deepEqual([...before].filter(([name, time]) => after.get(name) !== time), [])
    assert.deepEqual(await readdir(join(folder, 'imports')), [])
  })

  it('begins anew where the source has changed since, and counts on no blob that has gone', async () => {
    const folder = await temporaryFolder()
    const source = await copyOf('llama')
    await assert.rejects(importInto(await modelStore(folder, { open: fullAfter(140_000) }), source), { name: 'StoreWriteError' })
    await cp(join(tiny('mistral-swa'), 'model.safetensors'), join(source, 'model.safetensors'))
    await cp(join(tiny('mistral-swa'), 'config.json'), join(source, 'config.json'))
    const store = await modelStore(folder)
    assert.equal((await importInto(store, source)).modelId, (await importFresh(tiny('mistral-swa'))).modelId)

    await assert.rejects(importInto(await modelStore(folder, { open: fullAfter(140_000) }), tiny('llama')), { name: 'StoreWriteError' })
    for (const name of await readdir(store.blobs.folder)) {
      await rm(join(store.blobs.folder, name))
    }
    await store.remove('m')
    await importInto(store, tiny('llama'))
    assert.equal((await store.get('m')).complete, true)
  })

  it('makes room within a bound before it reads anything, or is refused; what is here already needs none', async () => {
    const folder = await temporaryFolder()
    const store = await modelStore(folder)
    const within = async (name: string, limitBytes: number, pinned: readonly string[] = []): Promise<unknown> =>
      await importModel({ source: tiny(name), name, store, disk: diskBudget(store, { limitBytes, pinned: () => pinned }) })
    const tooMuch = (text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === 'StoreWriteError' && text.test(error.message)
    await assert.rejects(within('llama', 500_000), tooMuch(/0\.9 MB of weights are to come, and there is no room for 0\.4 MB of them within --disk/))
    assert.deepEqual(await readdir(store.blobs.folder), [])

    await within('llama', 1_000_000)
    const before = await readdir(store.blobs.folder)
    // the same again takes no room, and nothing may go for it
    await within('llama', 1_000_000, before)
    assert.deepEqual((await readdir(store.blobs.folder)).sort(), before.sort())
    await within('mistral-swa', 1_000_000)
    const [llama, mistral] = await Promise.all(['llama', 'mistral-swa'].map(async (name) => await store.get(name)))
    assert.ok((llama?.layersHere ?? 4) < 4, 'what was used longest ago goes first, and as much as it takes')
    assert.equal(mistral?.complete, true)
    assert.ok((await filesIn(store.blobs.folder)).reduce((sum, { bytes }) => sum + bytes, 0) <= 1_000_000)
  })

  it('goes on within a bound with what an earlier try has finished', async () => {
    const folder = await temporaryFolder()
    await assert.rejects(importInto(await modelStore(folder, { open: fullAfter(140_000) }), tiny('llama')), { name: 'StoreWriteError' })
    const store = await modelStore(folder)
    await importModel({ source: tiny('llama'), name: 'm', store, disk: diskBudget(store, { limitBytes: 1_000_000 }) })
    assert.equal((await store.get('m')).complete, true)
  })

  it('stops when it is told to', async () => {
    const store = await modelStore(await temporaryFolder())
    const controller = new AbortController()
    await assert.rejects(importModel({ source: tiny('llama'), name: 'm', store, signal: controller.signal, onProgress: () => { controller.abort() } }), { name: 'AbortError' })
    assert.deepEqual([await leftovers(store), await store.list()], [[], []])
  })

  it('goes on after its process was killed', async () => {
    const folder = await temporaryFolder()
    const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
    // holds still behind the second part, so that it is killed in the middle
    const code = `import { importModel, modelStore } from ${url('../../src/store/index.ts')}
      import { open } from 'node:fs/promises'
      let files = 0
      const store = await modelStore(${JSON.stringify(folder)}, { open: async (...args) => {
        const file = await open(...args)
        if (++files === 3) { await file.write('half'); console.log('half'); await new Promise(() => setInterval(() => {}, 1e9)) }
        return file
      } })
      await importModel({ source: ${JSON.stringify(tiny('llama'))}, name: 'm', store })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--import', fileURLToPath(new URL('../../src/p2p/node20.ts', import.meta.url)), '--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    assert.equal((await readdir(join(folder, 'blobs'))).filter((name) => name.startsWith('tmp-')).length, 1)
    child.kill('SIGKILL')
    await once(child, 'exit')

    const store = await modelStore(folder)
    assert.deepEqual([await leftovers(store), await store.list()], [[], []])
    const before = await timesOf(store)
    assert.equal(before.size, 4)
    await importInto(store, tiny('llama'))
    assert.equal((await store.get('m')).complete, true)
    const after = await timesOf(store)
    assert.deepEqual([...before].filter(([name, time]) => after.get(name) !== time), [])
  })

  it('gives the same model when it runs several times at once', async () => {
    const folder = await temporaryFolder()
    const ids = await Promise.all(Array.from({ length: 4 }, async (_, index) =>
      (await importModel({ source: tiny('llama'), name: `m${index}`, store: await modelStore(folder) })).modelId))
    assert.equal(new Set(ids).size, 1)
    const store = await modelStore(folder)
    assert.ok((await store.list()).every(({ complete }) => complete))
    assert.equal((await store.list()).length, 4)
    assert.deepEqual(await leftovers(store), [])
  })

  it('keeps blobs of an interrupted import when a model that has them too is removed', async () => {
    const folder = await temporaryFolder()
    const store = await modelStore(folder)
    await importInto(store, tiny('llama'))
    await assert.rejects(importInto(await modelStore(folder, { open: fullAfter(140_000) }), await copyOf('llama')), { name: 'StoreWriteError' })
    await store.remove('m')
    assert.equal((await readdir(store.blobs.folder)).length, 2)
  })

  it(`takes seconds and bounded memory for SmolLM2${withoutSmollm2}`, async function () {
    if (!existsSync(smollm2)) {
      this.skip()
    }
    const store = await modelStore(await temporaryFolder())
    const before = process.memoryUsage.rss()
    let most = 0
    const began = performance.now()
    const { manifest } = await importModel({ source: smollm2, name: 'm', store, onProgress: () => { most = Math.max(most, process.memoryUsage.rss() - before) } })
    assert.equal(manifest.config.layerCount, 30)
    assert.ok(most < 300e6, `${most} bytes more than before`)
    assert.ok(performance.now() - began < 30_000)
  }).timeout(60_000)
})

describe('a source that can\'t be imported', () => {
  after(removeFolders)

  it('is refused by name where it is not there or holds no model', async () => {
    await assert.rejects(importFresh('/nowhere/at/all'), { name: 'ImportSourceError', message: /does not exist/ })
    await assert.rejects(importFresh(await temporaryFolder()), { name: 'ImportSourceError', message: /no config\.json/ })
    const folder = await copyOf('llama')
    await rm(join(folder, 'model.safetensors'))
    await assert.rejects(importFresh(folder), { name: 'ImportSourceError', message: /can't read .*model\.safetensors/ })
    await mkdir(join(folder, 'model.safetensors'))
    await assert.rejects(importFresh(folder), { name: 'ImportSourceError', message: /is no file/ })
    const other = await copyOf('llama')
    await rm(join(other, 'tokenizer.json'))
    await assert.rejects(importFresh(other), { name: 'ImportSourceError', message: /no tokenizer\.json/ })
    await writeFile(join(other, 'tokenizer.json'), '{')
    await assert.rejects(importFresh(other), { name: 'FormatError', message: /tokenizer\.json of .* is not JSON/ })
  })

  for (const [what, model, change, message] of [
    ['is of an unknown architecture', 'llama', { architectures: ['GPT2LMHeadModel'] }, /GPT2LMHeadModel.*supported are LlamaForCausalLM/],
    ['names none', 'llama', { architectures: undefined }, /which architecture/],
    ['has no heads', 'llama', { num_attention_heads: 0 }, /headCount/],
    ['shares heads unevenly', 'llama', { num_key_value_heads: 3 }, /3 key-value heads/],
    ['has two thousand million layers', 'llama', { num_hidden_layers: 2 ** 31 }, /layerCount/],
    ['has fewer layers in its file', 'llama', { num_hidden_layers: 5 }, /model\.layers\.4\.\S+ is missing/],
    ['has more layers in its file', 'llama', { num_hidden_layers: 3 }, /model\.layers\.3\.\S+ belongs to nothing/],
    ['has tensors of another shape', 'llama', { hidden_size: 32 }, /is \[512, 64\], the configuration asks for \[512, 32\]/],
    ['ends texts outside its vocabulary', 'llama', { eos_token_id: 512 }, /end-of-text id 512 is outside/],
    ['lacks the biases that it names', 'llama', { attention_bias: true }, /q_proj\.bias is missing/],
    ['has biases that it does not name', 'llama3-rope', { mlp_bias: false }, /_proj\.bias belongs to nothing/],
    ['lacks the head that it says it has', 'llama-tied', { tie_word_embeddings: false }, /lm_head\.weight is missing/],
    ['has head norms that its architecture has not', 'qwen3', { architectures: ['LlamaForCausalLM'] }, /norm\.weight belongs to nothing/],
    ['rotates in a way that is not known', 'llama', { rope_parameters: { rope_type: 'dynamic', factor: 4 } }, /"dynamic" is not supported/],
    ['is quantised in a way that is not known', 'llama', { quantization_config: { quant_method: 'gptq' } }, /gptq/],
    ['has another activation', 'llama', { hidden_act: 'gelu' }, /gelu is not supported/],
    ['attends in a way that is not known', 'llama', { layer_types: ['linear_attention'] }, /linear_attention/]
  ] as const) {
    it(`is refused by name where it ${what}`, async () => {
      const folder = await copyOf(model)
      await editConfig(folder, (config) => ({ ...config, ...change }))
      const store = await modelStore(await temporaryFolder())
      await assert.rejects(importInto(store, folder), (error) => error instanceof Error && ['FormatError', 'UnsupportedModelError'].includes(error.name) && message.test(error.message))
      assert.deepEqual([await readdir(store.blobs.folder), await store.list()], [[], []])
    })
  }
})

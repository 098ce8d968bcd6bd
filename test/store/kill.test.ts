import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { importModel, modelStore, verifyBlob } from '../../src/store/index.ts'
import { removeFolders, root, temporaryFolder } from '../support/shoal.ts'

/** How often, and within how many ms of its beginning: about what each takes. */
const MODES = [['import', 7, 250], ['download', 7, 900], ['evict', 6, 1200]] as const

describe('a store whose process is killed with -9 at any moment', function () {
  this.timeout(240_000)
  after(removeFolders)
  let stocked: string
  let modelId: string
  before(async () => {
    stocked = await temporaryFolder()
    ;({ modelId } = await importModel({ source: join(root, 'models', 'atlas'), name: 'atlas', store: await modelStore(stocked) }))
  })

  /** @param killAfterMs undefined: runs to its end */
  async function run (mode: string, folder: string, killAfterMs?: number): Promise<'killed' | 'ended'> {
    const child = spawn(process.execPath, ['--import', 'tsx', '--import', './src/p2p/node20.ts', join(root, 'test', 'store', 'kill-child.ts'), mode, folder, stocked], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit') as Promise<[number | null]>
    await Promise.race([once(child.stdout, 'data'), ended])
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    const [code] = await ended
    clearTimeout(timer)
    if (code !== null) assert.equal(code, 0, mode)
    return code === null ? 'killed' : 'ended'
  }

  /** Whatever is there under its name is what its name says, and nothing half-written has one. */
  async function isSound (folder: string): Promise<void> {
    const store = await modelStore(folder)
    const models = await store.list()
    for (const { manifest: { tokenizer, embedding, layers, head } } of models) {
      for (const part of [tokenizer, embedding, ...layers, head]) if (await store.blobs.has(part.cid)) assert.equal(await verifyBlob(store.blobs, part), undefined)
    }
    assert.deepEqual((await readdir(store.blobs.folder)).filter((name) => name.startsWith('tmp-') || name.endsWith('.tmp')), [])
  }

  for (const [mode, kills, withinMs] of MODES) {
    it(`opens, is sound, and goes on: ${mode}, ${kills} times`, async () => {
      const seed = Date.now() % 2 ** 31
      let folder = await temporaryFolder()
      let killed = 0
      for (let turn = 0, state = seed; killed < kills; turn++) {
        assert.ok(turn < 4 * kills, `it ends too early too often, seed ${seed}`)
        state = state * 48_271 % 2_147_483_647
        const outcome = await run(mode, folder, state % withinMs)
        await isSound(folder)
        if (outcome === 'killed') killed++
        else folder = await temporaryFolder()
      }
      assert.equal(await run(mode, folder), 'ended')
      await isSound(folder)
      const model = await modelStore(folder).then(async (store) => await store.get('atlas'))
      assert.deepEqual([model.modelId, model.complete], [modelId, true], `seed ${seed}`)
    })
  }
})

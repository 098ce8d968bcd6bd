import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyStore, type VerifiedStore } from '../../src/daemon/verify-store.ts'
import { modelStore, type ModelStore } from '../../src/store/index.ts'
import { inLanes } from '../support/lanes.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { fetched, LIMIT_BYTES, tasks, wanted } from './support/tasks.ts'

/** Runs a task in a process of its own, which kills itself at that step; 0: it lives. @returns how many steps there were, NaN where it died */
async function victim (task: string, folder: string, step: number): Promise<number> {
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', file('../../src/p2p/node20.ts'), file('support/victim.ts'), task, folder, String(step)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
  await once(child, 'close')
  if (step > 0) assert.equal(child.signalCode, 'SIGKILL')
  else assert.equal(child.exitCode, 0)
  return Number(out.trim().split('\n').at(-1) || NaN)
}

/** The same ones at every run, spread over all steps. */
function moments (count: number, steps: number, seed: number): number[] {
  let state = seed
  return Array.from({ length: count }, (_, index) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    return 1 + Math.min(steps - 1, Math.floor((index + (state >>> 0) / 2 ** 32) * steps / count))
  })
}

/** Each is a process. */
const LANES = 2

const verify = async (folder: string, removeOrphans = false): Promise<VerifiedStore> =>
  await verifyStore(folder, { join: [], removeOrphans, onProgress () { /* not looked at */ } })

/** Opens what a killed process left: all that is there is right, and nothing half-written is left. */
async function reopened (folder: string): Promise<ModelStore> {
  const store = await modelStore(folder)
  assert.deepEqual((await verify(folder)).damaged, [])
  const left = (await Promise.all([folder, store.blobs.folder].map(async (path) => await readdir(path)))).flat()
  assert.deepEqual(left.filter((name) => name.includes('.tmp') || name.startsWith('tmp-')), [])
  return store
}

const contents = async (folder: string): Promise<string[]> => (await readdir(join(folder, 'blobs'))).sort()

describe('a store whose process is killed', function () {
  this.timeout(180_000)
  after(removeFolders)

  /** A store with the tiny model, whole. */
  let whole: string
  let importSteps: number
  before(async () => {
    whole = await temporaryFolder()
    importSteps = await victim('import', whole, 0)
  })
  async function copy (): Promise<string> {
    const folder = await temporaryFolder()
    await cp(whole, folder, { recursive: true })
    return folder
  }
  const stepsOf = async (task: string): Promise<number> => await victim(task, await copy(), 0)

  it('during an import has what was finished, and the import goes on to the same model', async () => {
    const ids = new Set<string>()
    await inLanes(LANES, moments(20, importSteps, 1), async (step) => {
      const folder = await temporaryFolder()
      await victim('import', folder, step)
      const store = await reopened(folder)
      assert.ok((await store.list()).every(({ complete }) => complete), `killed at ${step}`)
      await tasks.import?.(folder)
      const { complete, modelId } = await store.get('m')
      assert.equal(complete, true)
      ids.add(modelId)
      assert.deepEqual(await contents(folder), await contents(whole), `killed at ${step}`)
      assert.deepEqual(await readdir(join(folder, 'imports')), [])
      assert.deepEqual((await verify(folder)).damaged, [])
    })
    assert.equal(ids.size, 1)
  })

  it('while a model is removed still names it, in part, or not at all, and removing it again frees everything', async () => {
    await inLanes(LANES, moments(8, await stepsOf('rm'), 2), async (step) => {
      const folder = await copy()
      await victim('rm', folder, step)
      const store = await reopened(folder)
      if ((await store.list()).length > 0) await tasks.rm?.(folder)
      // between the name and the manifest is the one moment that leaves something: a file of no model
      for (const name of await contents(folder)) await utimes(join(folder, 'blobs', name), 1000, 1000)
      assert.ok((await verify(folder, true)).orphans.files <= 1, `killed at ${step}`)
      assert.deepEqual(await contents(folder), [])
    })
  })

  it('while room is made has the model in part, and room is made by whoever tries again', async () => {
    await inLanes(LANES, moments(6, await stepsOf('evict'), 3), async (step) => {
      const folder = await copy()
      await victim('evict', folder, step)
      const store = await reopened(folder)
      await tasks.evict?.(folder)
      const { manifest: { embedding, head }, layersHere } = await store.get('m')
      assert.ok(await store.blobs.has(embedding.cid) && await store.blobs.has(head.cid), 'what is in use stays')
      assert.ok(layersHere > 0 && layersHere < 4)
      const sizes = await Promise.all((await contents(folder)).map(async (name) => (await stat(join(folder, 'blobs', name))).size))
      assert.ok(sizes.reduce((sum, size) => sum + size, wanted.size) <= LIMIT_BYTES, `killed at ${step}`)
    })
  })

  it('during a fetch has no blob that is not whole, and the fetch goes on', async () => {
    await inLanes(LANES, moments(6, await stepsOf('fetch'), 4), async (step) => {
      const folder = await temporaryFolder()
      await victim('fetch', folder, step)
      const store = await reopened(folder)
      if (!await store.blobs.has(fetched.part.cid)) await tasks.fetch?.(folder)
      assert.deepEqual(await contents(folder), [fetched.part.cid], `killed at ${step}`)
      await store.blobs.read(fetched.part.cid, fetched.part.size)
    })
  })
})

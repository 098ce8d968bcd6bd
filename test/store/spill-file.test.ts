import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { open, readdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { spillFile, type SpillHandle } from '../../src/store/spill-file.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import type { SpillBlock, SpillFile } from '../../src/store/index.ts'

interface Watched {
  readonly spill: SpillFile
  /** The file as it lies on the disk, which no path leads to. */
  bytes (): Promise<Buffer>
  /** Fails the next calls of a kind with an error of this code, until undefined. */
  readonly fails: { read?: string | undefined, write?: string | undefined }
  readonly errors: Error[]
  readonly opened: Array<{ readonly path: string, readonly flags: string, readonly mode: number }>
  size (): Promise<number>
}

async function watched (folder: string, init: { readonly limitBytes?: number, readonly pageBytes?: number, readonly shortest?: number } = {}): Promise<Watched> {
  const fails: Watched['fails'] = {}
  const errors: Error[] = []
  const opened: Array<{ path: string, flags: string, mode: number }> = []
  const files: Array<Awaited<ReturnType<typeof open>>> = []
  const failing = (code: string | undefined): void => { if (code !== undefined) throw Object.assign(new Error(`${code}: from the test`), { code }) }
  const few = (length: number): number => Math.min(length, init.shortest ?? Infinity)
  const spill = await spillFile(folder, {
    limitBytes: init.limitBytes ?? 1e6,
    ...(init.pageBytes === undefined ? {} : { pageBytes: init.pageBytes }),
    onError: (error) => { errors.push(error) },
    async open (path, flags, mode): Promise<SpillHandle> {
      const file = await open(path, flags, mode)
      files.push(file)
      opened.push({ path, flags, mode })
      return {
        async read (into, offset, length, position) { failing(fails.read); return await file.read(into, offset, few(length), position) },
        async write (bytes, offset, length, position) { failing(fails.write); return await file.write(bytes, offset, few(length), position) },
        truncate: async (length) => { await file.truncate(length) },
        close: async () => { await file.close() }
      }
    }
  })
  const size = async (): Promise<number> => (await files[0]?.stat())?.size ?? -1
  return {
    spill,
    fails,
    errors,
    opened,
    size,
    async bytes () {
      const all = Buffer.alloc(await size())
      await files[0]?.read(all, 0, all.length, 0)
      return all
    }
  }
}

async function kept (spill: SpillFile, bytes: Uint8Array): Promise<SpillBlock> {
  const block = await spill.write(bytes)
  if (typeof block === 'string') assert.fail(block)
  return block
}

describe('the spill file', () => {
  after(removeFolders)

  it('has no name, is for nobody else, and is closed in the end', async () => {
    const folder = await temporaryFolder()
    const { spill, opened } = await watched(folder)
    assert.deepEqual(opened.map(({ flags, mode }) => [flags, mode]), [['wx+', 0o600]])
    assert.deepEqual(await readdir(folder), [])
    const block = await kept(spill, Buffer.from('there'))
    const descriptors = async (): Promise<number> => {
      const links = await Promise.all((await readdir('/proc/self/fd')).map(async (name) => await readlink(`/proc/self/fd/${name}`).catch(() => '')))
      return links.filter((to) => to.startsWith(folder)).length
    }
    if (process.platform === 'linux') assert.equal(await descriptors(), 1)
    await Promise.all([spill.close(), spill.close()])
    if (process.platform === 'linux') assert.equal(await descriptors(), 0)
    assert.deepEqual([await block.read(), await spill.write(Buffer.from('late')), await readdir(folder)], [undefined, 'failed', []])
    block.free()
  })

  it('removes what a process that died before it could has left', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'tmp-999999999-abcdef'), '')
    await (await spillFile(folder)).close()
    assert.deepEqual(await readdir(folder), [])
  })

  it('gives back what it was given, and shows none of it on the disk, nor the same twice', async () => {
    const { spill, bytes, size } = await watched(await temporaryFolder(), { pageBytes: 64 })
    const clear = Buffer.from('an activation that nobody is to see, '.repeat(40))
    const blocks = [await kept(spill, clear), await kept(spill, clear)]
    for (const block of blocks) assert.deepEqual(Buffer.from(await block.read() ?? []), clear)
    const disk = await bytes()
    assert.ok(await size() >= 2 * clear.length)
    for (let at = 0; at + 8 <= clear.length; at++) assert.ok(!disk.includes(clear.subarray(at, at + 8)))
    const second = Math.ceil(clear.length / 64) * 64
    assert.equal(disk.length, second + clear.length)
    assert.notDeepEqual(disk.subarray(0, 64), disk.subarray(second, second + 64))
    await spill.close()
  })

  it('refuses bytes that are not those it wrote', async () => {
    const folder = await temporaryFolder()
    let handle: SpillHandle | undefined
    const spill = await spillFile(folder, { limitBytes: 1e6, open: async (...args) => handle = await open(...args) })
    const block = await kept(spill, randomBytes(100))
    await handle?.write(Buffer.of(1, 2, 3), 0, 3, 50)
    assert.equal(await block.read(), undefined)
    await spill.close()
  })

  it('never grows beyond its limit, gives room to others, and shrinks to nothing when nothing is kept', async () => {
    const { spill, size } = await watched(await temporaryFolder(), { limitBytes: 1000, pageBytes: 100 })
    const blocks = [await kept(spill, randomBytes(350)), await kept(spill, randomBytes(350))]
    assert.equal(await spill.write(randomBytes(201)), 'full')
    blocks.push(await kept(spill, randomBytes(200)))
    assert.deepEqual([spill.usedBytes, await spill.write(randomBytes(1))], [1000, 'full'])
    blocks[0]?.free()
    blocks[0]?.free()
    const other = randomBytes(380)
    const scattered = await kept(spill, other)
    assert.deepEqual(Buffer.from(await scattered.read() ?? []), other)
    assert.ok(await size() <= 1000)
    for (const block of [...blocks, scattered]) block.free()
    assert.equal(spill.usedBytes, 0)
    assert.notEqual(await spill.write(randomBytes(10)), 'full')
    assert.ok(await size() <= 100)
    await spill.close()
  })

  it('keeps the room of what is being read', async () => {
    const { spill } = await watched(await temporaryFolder(), { limitBytes: 100, pageBytes: 100 })
    const bytes = randomBytes(100)
    const block = await kept(spill, bytes)
    const reading = block.read()
    block.free()
    assert.equal(await spill.write(randomBytes(100)), 'full')
    assert.deepEqual(Buffer.from(await reading ?? []), bytes)
    assert.equal(await block.read(), undefined)
    assert.equal(typeof await spill.write(randomBytes(100)), 'object')
    await spill.close()
  })

  for (const [code, said] of [['ENOSPC', 'full'], ['EDQUOT', 'full'], ['EIO', 'failed']] as const) {
    it(`says ${said} where the disk says ${code}, tells it once, holds no room for it, and works when the disk does`, async () => {
      const { spill, fails, errors } = await watched(await temporaryFolder(), { limitBytes: 300, pageBytes: 100 })
      fails.write = code
      for (let turn = 0; turn < 5; turn++) assert.equal(await spill.write(randomBytes(250)), said)
      assert.deepEqual([errors.map(({ message }) => message), spill.usedBytes], [[`${code}: from the test`], 0])
      fails.write = undefined
      const block = await kept(spill, randomBytes(250))
      fails.read = code
      assert.equal(await block.read(), undefined)
      assert.equal(errors.length, 2)
      await spill.close()
    })
  }

  it('keeps everything apart, whatever is written, read and freed at once, in pieces of any size', async () => {
    const step = fc.record({ kind: fc.constantFrom('write', 'read', 'free', 'wait'), size: fc.nat(700), which: fc.nat(10) })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 90 }), async (steps, shortest) => {
      const { spill, size, errors } = await watched(await temporaryFolder(), { limitBytes: 2000, pageBytes: 50, shortest })
      const blocks: Array<{ readonly block: SpillBlock, readonly bytes: Buffer }> = []
      let pending: Array<Promise<unknown>> = []
      for (const { kind, size: wanted, which } of steps) {
        const one = blocks[which % Math.max(1, blocks.length)]
        if (kind === 'write') {
          const bytes = randomBytes(wanted)
          pending.push(spill.write(bytes).then((block) => { if (typeof block !== 'string') blocks.push({ block, bytes }) }))
        } else if (kind === 'wait') {
          await Promise.all(pending)
          pending = []
        } else if (kind === 'read' && one !== undefined) {
          pending.push(one.block.read().then((bytes) => { assert.deepEqual(Buffer.from(bytes ?? []), one.bytes) }))
        } else if (kind === 'free' && one !== undefined) {
          one.block.free()
          blocks.splice(blocks.indexOf(one), 1)
        }
      }
      await Promise.all(pending)
      for (const { block, bytes } of blocks) assert.deepEqual(Buffer.from(await block.read() ?? []), bytes)
      assert.equal(spill.usedBytes, blocks.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 50) * 50, 0))
      assert.ok(await size() <= 2000)
      assert.deepEqual(errors, [])
      await spill.close()
    }), { numRuns: 60 })
  })
})

import assert from 'node:assert/strict'
import { chmod, cp, open } from 'node:fs/promises'
import { modelStore } from '../../../src/store/index.ts'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'
import type { Part } from '../../../src/model/index.ts'

/** As a disk that forgets a bit. */
async function flip (path: string): Promise<void> {
  await chmod(path, 0o644)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, 4321)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 4321)
  await file.close()
}

describe('shoal store verify', function () {
  this.timeout(120_000)
  let giver: Daemon
  let copy: string
  before(async () => {
    copy = await temporaryFolder()
    assert.equal((await shoal(['import', 'models/atlas'], { home: copy })).code, 0)
    giver = await daemon(['--layers', '0:8', '--threads', '1'])
  })
  after(async () => {
    await giver.stop()
    await removeFolders()
  })

  async function fresh (): Promise<{ readonly home: string, path (cid: string): string, readonly layer: Part }> {
    const home = await temporaryFolder()
    await cp(copy, home, { recursive: true })
    const store = await modelStore(home)
    const { manifest: { layers: [, layer] } } = await store.get('atlas')
    assert.ok(layer !== undefined)
    return { home, path: store.blobs.path, layer }
  }

  it('finds a flipped bit, and brings the piece from a peer', async () => {
    const { home, path, layer } = await fresh()
    await flip(path(layer.cid))
    const { code, events, stderr } = await shoal(['store', 'verify', '--join', giver.address, '--json'], { home })
    assert.equal(code, 0, stderr)
    const { damaged, ...verified } = events.at(-1) as { damaged: Json[] } & Json
    assert.deepEqual([verified.event, verified.repaired, verified.blobs], ['verified', 1, 11])
    assert.deepEqual(damaged.map(({ model, part, cid, repaired, inUse }) => ({ model, part, cid, repaired, inUse })), [{ model: 'atlas', part: 'layer 1', cid: layer.cid, repaired: true, inUse: false }])
    const again = await shoal(['store', 'verify'], { home })
    assert.equal(again.code, 0)
    assert.match(again.stdout, /^atlas: 11 blobs, \d\.\d MB, all as they were written\n$/)
  })

  it('brings a damaged manifest from a peer, and looks at its model then', async () => {
    const { home, path, layer } = await fresh()
    const { modelId } = await (await modelStore(home)).get('atlas')
    await flip(path(modelId))
    await flip(path(layer.cid))
    const alone = await shoal(['store', 'verify', '--json'], { home })
    assert.equal(alone.code, 1)
    const told = (events: readonly Json[]): unknown => (events.at(-1)?.damaged as Json[]).map(({ model, part, cid, repaired }) => ({ model, part, cid, repaired }))
    assert.deepEqual(told(alone.events), [{ model: 'atlas', part: 'manifest', cid: modelId, repaired: false }])
    const { code, events, stderr } = await shoal(['store', 'verify', '--join', giver.address, '--json'], { home })
    assert.equal(code, 0, stderr)
    assert.deepEqual(told(events), [{ model: 'atlas', part: 'manifest', cid: modelId, repaired: true }, { model: 'atlas', part: 'layer 1', cid: layer.cid, repaired: true }])
    assert.equal((await (await modelStore(home)).get('atlas')).complete, true)
    assert.equal((await shoal(['store', 'verify'], { home })).code, 0)
  })

  it('exits 1 with nobody to ask, and says what is out of use; the next start fetches it', async () => {
    const { home, path, layer } = await fresh()
    await flip(path(layer.cid))
    const { code, stdout, stderr } = await shoal(['store', 'verify'], { home })
    assert.equal(code, 1)
    assert.match(stdout, new RegExp(`^atlas, layer 1: .* \\(${layer.cid}\\)$`, 'm'))
    assert.match(stderr, /out of use.*--join INVITE/)
    const models = await shoal(['models'], { home })
    assert.match(models.stdout, /atlas .* of .* MB +7 of 8 here/)
    const node = await daemon(['atlas', '--layers', '1:2', '--threads', '1', '--join', giver.address], { home })
    await node.stop()
    assert.match((await shoal(['store', 'verify'], { home })).stdout, /all as they were written/)
  })

  it('says that the node that runs here has to be restarted where it computes with what was damaged', async () => {
    const { home, path, layer } = await fresh()
    const node = await daemon(['atlas', '--layers', '0:4', '--threads', '1', '--join', giver.address], { home })
    try {
      await flip(path(layer.cid))
      const { code, events } = await shoal(['store', 'verify', '--json'], { home })
      assert.equal(code, 0)
      assert.deepEqual((events.at(-1)?.damaged as Json[]).map(({ repaired, inUse }) => ({ repaired, inUse })), [{ repaired: true, inUse: true }])
      await flip(path(layer.cid))
      const told = await shoal(['store', 'verify'], { home })
      assert.match(told.stderr, /restart it \(`shoal stop`, then `shoal serve`\)/)
    } finally {
      await node.stop()
    }
  })
})

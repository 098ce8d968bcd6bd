import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { modelStore } from '../../../src/store/index.ts'
import { hubServer, type HubServer } from '../../support/hub-server.ts'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'

const atlas = join(root, 'models', 'atlas')
const files = Object.fromEntries(readdirSync(atlas).filter((file) => statSync(join(atlas, file)).isFile()).map((file) => [file, readFileSync(join(atlas, file))]))

describe('daemons that serve a model of the hub', function () {
  this.timeout(120_000)
  const running: Daemon[] = []
  let hub: HubServer
  before(async () => { hub = await hubServer({ repositories: { 'org/Atlas': files } }) })
  after(async () => {
    await Promise.all(running.map(async ({ stop }) => await stop()))
    await hub.close()
    await removeFolders()
  })

  const start = async (args: readonly string[], home?: string, endpoint = hub.url): Promise<Daemon> => {
    const node = await daemon([...args, '--threads', '1', '--compute', 'exact'], { env: { HF_ENDPOINT: endpoint, HF_TOKEN_PATH: '/nowhere' }, ...(home === undefined ? {} : { home }) })
    running.push(node)
    return node
  }

  it('read it whole once, and after that the layers that nobody has; answer together; and start again without the hub', async () => {
    const first = await start(['org/Atlas', '--layers', '0:4'])
    assert.equal(first.ready.model, 'atlas')
    const whole = hub.sentBytes()
    assert.equal((await modelStore(first.home).then(async (store) => await store.get('atlas'))).layersHere, 4)

    hub.reset()
    const second = await start(['org/Atlas', '--layers', '4:8', '--join', first.address, '--trust'])
    assert.equal(second.ready.modelId, first.ready.modelId)
    assert.ok(hub.sentBytes() < 0.8 * whole, `${hub.sentBytes()} of ${whole} bytes`)

    // one that was told by nobody whom it believes reads it itself, and finds the same
    hub.reset()
    const third = await start(['org/Atlas', '--share-only', '--join', first.address])
    assert.equal(third.ready.modelId, first.ready.modelId)
    assert.ok(hub.sentBytes() >= 0.9 * whole)

    const { code, stdout, stderr } = await shoal(['ask', 'What is the capital of Peru?', '--join', second.address, '--temperature', '0'], { home: await temporaryFolder() })
    assert.equal(code, 0, stderr)
    assert.equal(stdout.trim(), 'The capital of Peru is Lima.')

    await first.stop()
    hub.reset()
    const again = await start(['org/Atlas', '--layers', '0:4', '--join', second.address], first.home, 'http://127.0.0.1:9')
    assert.equal(again.ready.modelId, first.ready.modelId)
    assert.equal(hub.requests.length, 0)
  })

  it('is imported by a command too, within a bound or not at all; and what the disk damages of it is made anew from there', async () => {
    const home = await temporaryFolder()
    const env = { HF_ENDPOINT: hub.url, HF_TOKEN_PATH: '/nowhere' }
    const refused = await shoal(['import', 'org/Atlas', '--disk', '1MB'], { home, env })
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /of weights are to come, and there is no room for \d\.\d MB of them within --disk/)
    const imported = await shoal(['import', 'org/Atlas', '--name', 'mine', '--json'], { home, env })
    assert.equal(imported.code, 0, imported.stderr)
    const [{ model, modelId } = { model: '', modelId: '' }] = imported.events.slice(-1)
    assert.equal(model, 'mine')
    const store = await modelStore(home)
    const { manifest, complete } = await store.get(String(modelId))
    assert.equal(complete, true)

    const damaged = [manifest.tokenizer, manifest.layers[3], manifest.head].flatMap((part) => part ?? [])
    for (const { cid } of damaged) {
      await chmod(store.blobs.path(cid), 0o644)
      const file = await open(store.blobs.path(cid), 'r+')
      await file.write(Buffer.from('damaged'), 0, 7, 1000)
      await file.close()
    }
    const unreachable = { HF_ENDPOINT: 'http://127.0.0.1:9/not-a-hub', HF_TOKEN_PATH: '/nowhere' }
    hub.reset()
    const { code, events, stderr } = await shoal(['store', 'verify', '--json'], { home, env })
    assert.equal(code, 0, stderr)
    assert.deepEqual((events.at(-1)?.damaged as ReadonlyArray<Record<string, unknown>>).map(({ cid, repaired }) => [cid, repaired]), damaged.map(({ cid }) => [cid, true]))
    assert.ok(hub.requests.length > 0)
    assert.deepEqual((await readdir(store.blobs.folder)).filter((name) => name.startsWith('partial-')), [])
    const again = await shoal(['store', 'verify'], { home, env: unreachable })
    assert.match(again.stdout, /all as they were written/)
  })

  it('find a blob that was damaged on the disk at their start, and bring it from a peer; so does the check of the store', async () => {
    const giver = await start(['atlas', '--layers', '0:8'])
    const modelId = String(giver.ready.modelId)
    const taker = await start([modelId, '--layers', '0:8', '--join', giver.address])
    await taker.stop()
    const store = await modelStore(taker.home)
    const { manifest } = await store.get(modelId)
    const [layer] = manifest.layers
    assert.ok(layer)
    const damage = async (): Promise<void> => {
      await chmod(store.blobs.path(layer.cid), 0o644)
      const file = await open(store.blobs.path(layer.cid), 'r+')
      await file.write(Buffer.from('damaged'), 0, 7, 1000)
      await file.close()
    }

    await damage()
    const checked = await shoal(['store', 'verify', '--json'], { home: taker.home })
    assert.equal(checked.code, 1, checked.stderr)
    const [event] = checked.events.slice(-1)
    assert.deepEqual((event?.damaged as ReadonlyArray<Record<string, unknown>>).map(({ part, cid, repaired }) => [part, cid, repaired]), [['layer 0', layer.cid, false]])
    assert.equal(await store.blobs.has(layer.cid), false)
    const repaired = await start([modelId, '--layers', '0:8', '--join', giver.address], taker.home)
    await repaired.stop()
    assert.ok(await store.blobs.has(layer.cid))

    await damage()
    const restarted = await start([modelId, '--layers', '0:8', '--join', giver.address], taker.home)
    assert.match(restarted.stderr(), /damaged/)
    await restarted.stop()

    await damage()
    const brought = await shoal(['store', 'verify', '--join', giver.address, '--json'], { home: taker.home })
    assert.equal(brought.code, 0, brought.stderr)
    assert.equal(brought.events.at(-1)?.repaired, 1)
    assert.deepEqual((await readdir(store.blobs.folder)).filter((name) => name.startsWith('partial-')), [])
  })

  it('say what to do where a name means nothing here, and where nobody has the weights', async () => {
    const alone = await start(['atlas', '--layers', '0:8'])
    const { modelId } = alone.ready
    await alone.stop()
    const cases: ReadonlyArray<readonly [readonly string[], number, RegExp]> = [
      [['nothing'], 2, /no model "nothing"/],
      [['org/nothing'], 1, /there is no org\/nothing@main at/],
      [[String(modelId), '--layers', '0:8'], 2, /no model "bagu.*on this machine/]
    ]
    for (const [args, code, words] of cases) {
      const told = await shoal(['serve', ...args, '--no-lan', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', 'off'], { home: await temporaryFolder(), env: { HF_ENDPOINT: hub.url } })
      assert.equal(told.code, code, told.stderr)
      assert.match(told.stderr, words)
    }
  })
})

import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'
import { questions } from './atlas.ts'

describe('daemons that keep their KV in different types', function () {
  this.timeout(120_000)
  const nodes: Daemon[] = []

  before(async () => {
    nodes.push(await daemon(['--layers', '0:4', '--threads', '1', '--kv', 'f16']))
    nodes.push(await daemon(['--layers', '4:8', '--threads', '1', '--join', nodes[0]?.address ?? '']))
  })

  after(async () => {
    await Promise.all(nodes.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  it('say so in their numeric classes, and answer together', async () => {
    const home = await temporaryFolder()
    const join = ['--json', '--join', nodes[0]?.address ?? '']
    const { code, events, stderr } = await shoal(['ask', questions(1)[0]?.question ?? '', '--temperature', '0', ...join], { home })
    assert.equal(code, 0, stderr)
    assert.equal(events.at(-1)?.text, questions(1)[0]?.answer)
    const status = await shoal(['status', ...join], { home })
    const seen = (status.events.at(-1)?.nodes as Array<{ peerId: string, numericClass: string }>).map(({ peerId, numericClass }) => [peerId, numericClass.split('/').slice(-2)])
    assert.deepEqual(new Map(seen as Array<[string, string[]]>), new Map(nodes.map(({ peerId }, index) => [peerId, ['fast', index === 0 ? 'kv-f16' : 'kv-f32']])))
  })
})

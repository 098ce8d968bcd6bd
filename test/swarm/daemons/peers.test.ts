import assert from 'node:assert/strict'
import { createHost, type Host } from '../../../src/p2p/index.ts'
import { daemon, removeFolders, shoal, type Daemon } from '../../support/shoal.ts'

describe('a node with lists of peers', function () {
  this.timeout(120_000)
  const hosts: Host[] = []
  const nodes: Daemon[] = []
  after(async () => {
    await Promise.all([...nodes.map(async (node) => await node.stop()), ...hosts.map(async (host) => { await host.stop() })])
    await removeFolders()
  })

  it('keeps out whom it denies, and answers others and the commands of this machine', async () => {
    const [denied, other] = [await createHost({ listen: [] }), await createHost({ listen: [] })]
    for (const host of [denied, other]) {
      hosts.push(host)
      await host.start()
    }
    const node = await daemon(['--deny', denied.peerId, '--allow', other.peerId, '--prefer', other.peerId, '--peer-sessions', '2', '--peer-tokens', '100000', '--peer-streams', '50', '--peer-bytes', '50MB'])
    nodes.push(node)
    await other.join(node.address)
    await other.ping(node.peerId)
    await assert.rejects(async () => {
      await denied.join(node.address)
      await denied.ping(node.peerId)
    })
    const { code, events, stderr } = await shoal(['ask', 'What is the capital of Peru?', '--temperature', '0', '--max-tokens', '16', '--json'], { home: node.home })
    assert.equal(code, 0, stderr)
    assert.match(String(events.at(-1)?.text), /Lima/)
  })
})

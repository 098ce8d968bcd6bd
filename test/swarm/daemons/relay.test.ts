import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'

describe('a node that can be reached by relay only', function () {
  this.timeout(60_000)
  const running: Daemon[] = []

  after(async () => {
    await Promise.all(running.reverse().map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  it('serves its layers to everybody', async () => {
    const first = await daemon(['--layers', '0:4'])
    running.push(first)
    const hidden = await daemon(['--layers', '4:8', '--join', first.address, '--listen', `${first.address}/p2p-circuit`])
    running.push(hidden)
    const addresses = hidden.ready.addrs as string[]
    assert.ok(addresses.length > 0 && addresses.every((address) => address.includes('/p2p-circuit')), addresses.join(' '))
    const { code, events, stderr } = await shoal(['ask', 'What is the capital of Peru?', '--json', '--temperature', '0', '--join', first.address], { home: await temporaryFolder() })
    assert.equal(code, 0, stderr)
    const done = events.at(-1)
    assert.match(String(done?.text), /Lima/)
    assert.deepEqual((done?.route as Array<{ peerId: string }>).map(({ peerId }) => peerId), [first.peerId, hidden.peerId])
  })
})

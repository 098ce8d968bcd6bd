import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

describe('daemons whose spans overlap', function () {
  this.timeout(120_000)
  const running: Daemon[] = []
  after(async () => {
    await Promise.all(running.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  const start = async (args: readonly string[]): Promise<Daemon> => {
    const node = await daemon(['--threads', '1', '--compute', 'exact', ...args])
    running.push(node)
    return node
  }
  const ask = async (address: string): Promise<Json | undefined> => {
    const { code, stderr, events } = await shoal(['ask', 'Which countries border Germany?', '--join', address, '--temperature', '0', '--wire', 'f32', '--json'], { home: await temporaryFolder() })
    assert.equal(code, 0, stderr)
    return events.at(-1)
  }

  it('answer together what one answers alone: a span is entered in its middle', async () => {
    const whole = await start(['--layers', '0:8'])
    const expected = await ask(whole.address)
    await whole.stop()
    const first = await start(['--layers', '0:5'])
    const second = await start(['--layers', '3:8', '--join', first.address])
    const done = await ask(first.address)
    assert.deepEqual(done?.tokens, expected?.tokens)
    const route = done?.route as ReadonlyArray<{ peerId: string, span: [number, number] }>
    assert.deepEqual(route.map(({ peerId }) => peerId), [first.peerId, second.peerId])
    assert.equal(route[0]?.span[1], route[1]?.span[0])
    assert.ok(route.some(({ span: [from, to] }) => to - from < 5))
  })

  it('say that they have no memory for a part, instead of taking more than they were given', async () => {
    const first = await start(['--layers', '0:5', '--memory', '12MB'])
    await start(['--layers', '3:8', '--memory', '12MB', '--join', first.address])
    const { code, stderr } = await shoal(['ask', 'x', '--join', first.address], { home: await temporaryFolder() })
    assert.equal(code, 3, stderr)
    assert.match(stderr, /no capacity now/)
  })
})

import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'

/** Longer than any busy machine's timer is late. */
const SLEEP_MS = 9000

describe('a node that lost its swarm', function () {
  this.timeout(120_000)
  let running: Daemon[] = []

  const start = async (args: string[], options: Parameters<typeof daemon>[1] = {}): Promise<Daemon> => {
    const node = await daemon(['--threads', '1', ...args], options)
    running.push(node)
    return node
  }
  /** The first half of the model at an address, and the second half at a node that was told that address alone. */
  const pair = async (): Promise<[bootstrap: Daemon, node: Daemon]> => {
    const bootstrap = await start(['--layers', '0:4'])
    return [bootstrap, await start(['--layers', '4:8', '--join', placeOf(bootstrap)])]
  }
  const placeOf = ({ address }: Daemon): string => address.replace(/\/p2p\/.*/, '')
  /** Another node at the same address, that knows nobody. The very same one, if it is not away for long, libp2p would dial by itself. */
  const replace = async (bootstrap: Daemon): Promise<Daemon> => {
    await bootstrap.kill()
    return await start(['--layers', '0:4', '--listen', placeOf(bootstrap)])
  }
  const answers = async ({ address }: Daemon): Promise<void> => {
    const deadline = performance.now() + 45_000
    for (;;) {
      const { stdout, stderr } = await shoal(['ask', 'What is the capital of Peru?', '--temperature', '0', '--join', address], { home: await temporaryFolder() })
      if (stdout === 'The capital of Peru is Lima.\n') return
      assert.ok(performance.now() < deadline, stderr)
    }
  }

  afterEach(async () => {
    await Promise.all(running.map(async ({ kill }) => { await kill() }))
    running = []
  })
  after(removeFolders)

  it('joins again when somebody is at the address that it joined', async () => {
    const [bootstrap, node] = await pair()
    await answers(bootstrap)
    const again = await replace(bootstrap)
    await answers(again)
    assert.match(node.stderr(), /every connection is lost/)
  })

  it('joins again when it wakes from a sleep in which it was dropped', async () => {
    const [bootstrap, node] = await pair()
    await answers(bootstrap)
    node.child.kill('SIGSTOP')
    const slept = new Promise((resolve) => setTimeout(resolve, SLEEP_MS))
    const again = await replace(bootstrap)
    const { code } = await shoal(['ask', 'x', '--join', again.address], { home: await temporaryFolder() })
    assert.equal(code, 3)
    await slept
    node.child.kill('SIGCONT')
    await answers(again)
    assert.match(node.stderr(), /this machine slept/)
  })
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon } from '../support/shoal.ts'

const npm = async (args: string[], cwd: string): Promise<string> => {
  const { stdout } = await promisify(execFile)('npm', args, {
    cwd,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', npm_config_fund: 'false', npm_config_audit: 'false' }
  })
  return stdout
}

describe('the packed tarball, installed globally into an empty prefix', function () {
  this.timeout(300_000)
  let bin = ''
  let prefix = ''
  const running: Daemon[] = []

  before(async () => {
    const folder = await temporaryFolder()
    prefix = await temporaryFolder()
    const packed = (await npm(['pack', '--ignore-scripts', '--pack-destination', folder], root)).trim().split('\n').at(-1)
    assert.ok(packed != null)
    await npm(['install', '--global', '--prefix', prefix, join(folder, packed)], folder)
    bin = join(prefix, 'bin', 'shoal')
  })

  after(async () => {
    await Promise.all(running.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  it('brings few packages along', async () => {
    const tree = JSON.parse(await readFile(join(prefix, 'lib', 'node_modules', 'shoal-node', 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    assert.deepEqual(Object.keys(tree.dependencies).sort(), ['koffi', 'node-datachannel', 'onnxruntime-node'])
  })

  it('runs two daemons and a client that answer, from another folder', async () => {
    const cwd = await temporaryFolder()
    const first = await daemon(['--layers', '0:4'], { bin, cwd })
    running.push(first)
    running.push(await daemon(['--layers', '4:8', '--join', first.address], { bin, cwd }))
    const { code, stdout, stderr } = await shoal(['ask', 'What is the capital of Peru?', '--temperature', '0', '--join', first.address], { bin, cwd, home: await temporaryFolder() })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /Lima/)
  })
})

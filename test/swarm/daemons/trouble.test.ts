import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { newPsk } from '../../../src/p2p/index.ts'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon } from '../../support/shoal.ts'

const long = ['Tell me about Peru.', '--max-tokens', '900', '--temperature', '1.5', '--json']

describe('daemons in trouble', function () {
  this.timeout(120_000)
  let running: Daemon[] = []

  const start = async (args: string[], options: Parameters<typeof daemon>[1] = {}): Promise<Daemon> => {
    const node = await daemon(['--threads', '1', ...args], options)
    running.push(node)
    return node
  }
  const ask = async (address: string, args: string[] = ['What is the capital of Peru?', '--temperature', '0']) =>
    await shoal(['ask', ...args, '--join', address], { home: await temporaryFolder() })

  afterEach(async () => {
    await Promise.all(running.map(async ({ stop }) => await stop()))
    running = []
  })
  after(removeFolders)

  it('name the layer that nobody serves, and exit 3', async () => {
    const first = await start(['--layers', '0:7'])
    const { code, stderr, stdout } = await ask(first.address)
    assert.equal(code, 3)
    assert.match(stderr, /nobody serves layer 7 of atlas/)
    assert.equal(stdout, '')
    const response = await fetch(`${first.http}/v1/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content: 'x' }] })
    })
    assert.equal(response.status, 503)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
  })

  it('exit 3 for a model that nobody serves, naming what there is', async () => {
    const first = await start(['--layers', '0:8'])
    const { code, stderr } = await ask(first.address, ['x', '--model', 'llama'])
    assert.equal(code, 3)
    assert.match(stderr, /nobody serves the model llama now; there is atlas/)
  })

  it('tell the client within 3 s when a stage is killed', async () => {
    const first = await start(['--layers', '0:4'])
    const second = await start(['--layers', '4:8', '--join', first.address])
    const args = ['ask', ...long, '--join', first.address]
    const child = spawn(process.execPath, [join(root, 'bin', 'shoal.cjs'), ...args], { env: { ...process.env, SHOAL_HOME: await temporaryFolder() }, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
    await once(child.stdout, 'data')
    const killed = performance.now()
    await second.kill()
    const [code] = await once(child, 'exit') as [number | null]
    const tookMs = performance.now() - killed
    assert.ok(tookMs < 3000, `it took ${tookMs} ms`)
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^shoal: .*${second.peerId.slice(-8)}`))
  })

  it('cancel an answer on Ctrl-C, and exit 130', async () => {
    const first = await start(['--layers', '0:8'])
    const child = spawn(process.execPath, [join(root, 'bin', 'shoal.cjs'), 'ask', ...long, '--join', first.address], { env: { ...process.env, SHOAL_HOME: await temporaryFolder() }, stdio: ['ignore', 'pipe', 'pipe'] })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit') as [number | null]
    assert.equal(code, 130)
  })

  it('finish the answers they work on when they are told to stop', async () => {
    const first = await start(['--layers', '0:8'])
    const response = await fetch(`${first.http}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Tell me about Peru.' }], stream: true, temperature: 1.5, ignore_eos: true, max_tokens: 200 })
    })
    const reader = response.body?.getReader()
    assert.ok(reader != null)
    await reader.read()
    const stopped = first.stop()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += Buffer.from(value).toString()
    }
    assert.match(text, /"finish_reason":"length"/)
    assert.ok(text.endsWith('data: [DONE]\n\n'))
    assert.equal(await stopped, 0)
    assert.equal(existsSync(join(first.home, 'daemon.json')), false)
  })

  it('end by `shoal stop`', async () => {
    const first = await start(['--layers', '0:8'])
    const { code, stdout } = await shoal(['stop'], { home: first.home })
    assert.equal(code, 0)
    assert.equal(stdout, 'stopped\n')
    assert.equal(first.child.exitCode, 0)
    assert.equal((await shoal(['stop'], { home: first.home })).code, 1)
  })

  it('end by `shoal stop` where nobody listens on the control channel any more', async () => {
    const first = await start(['--layers', '0:8'])
    await rm(join(first.home, 'control.sock'))
    const { code, stderr } = await shoal(['pause'], { home: first.home })
    assert.equal(code, 1)
    assert.match(stderr, /does not listen.*shoal stop/)
    assert.equal((await shoal(['stop'], { home: first.home })).stdout, 'stopped\n')
    assert.equal(first.child.exitCode, 0)
  })

  it('are paused where the path of the data folder is too long for a socket', async () => {
    const home = join(await temporaryFolder(), 'deep'.repeat(30))
    const first = await start(['--layers', '0:8'], { home })
    assert.equal((await shoal(['pause'], { home })).stdout, 'paused\n')
    assert.equal((await shoal(['stop'], { home })).stdout, 'stopped\n')
    assert.equal(first.child.exitCode, 0)
  })

  it('share no data folder', async () => {
    const first = await start(['--layers', '0:8'])
    const { code, stderr } = await shoal(['serve', '--no-lan', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0'], { home: first.home })
    assert.equal(code, 1)
    assert.match(stderr, /is in use by process \d+.*shoal stop/)
    assert.equal((await ask(first.address)).code, 0)
  })

  it('refuse a port that was asked for and is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const address = blocker.address()
    const port = typeof address === 'object' ? address?.port ?? 0 : 0
    const home = await temporaryFolder()
    const http = await shoal(['serve', '--no-lan', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', `127.0.0.1:${port}`], { home })
    assert.equal(http.code, 1)
    assert.match(http.stderr, /is taken by another program.*--http/)
    const listen = await shoal(['serve', '--no-lan', '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--http', 'off'], { home })
    assert.equal(listen.code, 1)
    assert.match(listen.stderr, /is taken.*--listen/)
    assert.equal(existsSync(join(home, 'daemon.json')), false)
    blocker.close()
  })

  it('open no gateway to other machines without a key', async () => {
    const { code, stderr } = await shoal(['serve', '--no-lan', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', '0.0.0.0:0'], { home: await temporaryFolder() })
    assert.notEqual(code, 0)
    assert.match(stderr, /SHOAL_API_KEY/)
  })

  it('are closed to whoever has not the private swarm\'s key', async () => {
    const folder = await temporaryFolder()
    const [right, wrong] = [join(folder, 'right.key'), join(folder, 'wrong.key')]
    await Promise.all([writeFile(right, newPsk()), writeFile(wrong, newPsk())])
    const first = await start(['--layers', '0:4', '--psk', right])
    await start(['--layers', '4:8', '--psk', right, '--join', first.address])
    const answer = ['What is the capital of Peru?', '--temperature', '0']
    assert.equal((await ask(first.address, [...answer, '--psk', right])).stdout, 'The capital of Peru is Lima.\n')
    for (const args of [answer, [...answer, '--psk', wrong]]) {
      const { code, stderr } = await ask(first.address, args)
      assert.equal(code, 1)
      assert.match(stderr, /psk|pre-shared key/)
    }
    const joining = await shoal(['serve', '--no-lan', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', 'off', '--psk', wrong, '--join', first.address], { home: await temporaryFolder() })
    assert.equal(joining.code, 1)
    assert.match(joining.stderr, /pre-shared key/)
    const invite = (await shoal(['invite', '--with-key'], { home: first.home })).stdout.trim()
    assert.equal((await ask(invite, answer)).stdout, 'The capital of Peru is Lima.\n')
    // a node that the invite brought in is found by the commands of its own machine
    const { home } = await start(['--layers', '4:8', '--join', invite])
    assert.equal((await stat(join(home, 'swarm.key'))).mode & 0o077, 0)
    assert.equal((await shoal(['ask', ...answer], { home })).stdout, 'The capital of Peru is Lima.\n')
    assert.match((await shoal(['invite', '--with-key'], { home })).stdout, /^shoal1/)
  })

  it('choose their layers themselves, so that all are served', async () => {
    const memory = ['--memory', '6.5MB']
    const first = await start(memory)
    await Promise.all([start([...memory, '--join', first.address]), start([...memory, '--join', first.address])])
    assert.equal((await ask(first.address)).stdout, 'The capital of Peru is Lima.\n')
  })

  it('write no prompt and no answer to their logs', async () => {
    const first = await start(['--layers', '0:8', '--verbose'])
    assert.match((await ask(first.address, ['What is the capital of Kenya?', '--temperature', '0'])).stdout, /Nairobi/)
    await fetch(`${first.http}/v1/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'Kenya' }) })
    await first.stop()
    assert.notEqual(first.stderr(), '')
    assert.doesNotMatch(first.stderr(), /Kenya|Nairobi/)
  })

  it('leave a data folder that says nothing wrong when they are killed', async () => {
    const first = await start(['--layers', '0:8'])
    await first.kill()
    const { code, stderr } = await shoal(['ask', 'x'], { home: first.home })
    assert.equal(code, 1)
    assert.match(stderr, /no node runs/)
    const again = await start(['--layers', '0:8'], { home: first.home })
    assert.equal(again.peerId, first.peerId)
    assert.equal((JSON.parse(await readFile(join(first.home, 'daemon.json'), 'utf8')) as { pid: number }).pid, again.child.pid)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { askDaemon, controlServer, type ControlRequest, type ControlServer, type NodeStatus } from '../../src/daemon/control/index.ts'
import { controlPathOf } from '../../src/daemon/control/path.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

const serving: NodeStatus = { phase: 'serving', changed: true, left: 0, drainTimeoutMs: 1 }
const place = { platform: 'linux', folder: '/home/ann/shoal', temporary: '/tmp', uid: 7 } as const

describe('the control channel', () => {
  const servers: ControlServer[] = []
  const asked: ControlRequest[] = []
  const open = async (folder: string, replies: readonly NodeStatus[] = [serving]): Promise<ControlServer> => {
    const server = await controlServer(folder, async function * (request) {
      asked.push(request)
      yield * replies
      await Promise.resolve()
    })
    servers.push(server)
    return server
  }
  const ask = async (path: string, request: Extract<ControlRequest, { command: 'status' | 'pause' | 'resume' | 'stop' }> = { command: 'status' }): Promise<NodeStatus[]> => {
    const replies: NodeStatus[] = []
    for await (const reply of askDaemon(path, request)) replies.push(reply)
    return replies
  }
  /** Says that, whatever it is, and hears what comes until the end. */
  const say = async (path: string, text: string): Promise<string> => {
    const socket = connect(path)
    let heard = ''
    socket.on('error', () => { /* it may be cut */ })
    socket.setEncoding('utf8').on('data', (more: string) => { heard += more })
    socket.write(text)
    await once(socket, 'close')
    return heard
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map(async ({ stop }) => { await stop() }))
    asked.length = 0
  })
  after(removeFolders)

  it('carries a request there and replies back', async () => {
    const paused: NodeStatus = { ...serving, phase: 'paused', left: 3 }
    const { path } = await open(await temporaryFolder(), [serving, paused])
    assert.deepEqual(await ask(path, { command: 'stop', drainTimeoutMs: 5 }), [serving, paused])
    assert.deepEqual(asked, [{ command: 'stop', drainTimeoutMs: 5 }])
  })

  it('is open to the user alone', async () => {
    const { path } = await open(await temporaryFolder())
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('takes the place of a socket that was left over', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'control.sock'), '')
    const { path } = await open(folder)
    assert.deepEqual(await ask(path), [serving])
  })

  it('tells what went wrong', async () => {
    const server = await controlServer(await temporaryFolder(), () => { throw new Error('it rains') })
    servers.push(server)
    await assert.rejects(ask(server.path), { name: 'ControlError', message: 'it rains' })
  })

  it('names a daemon that does not listen', async () => {
    await assert.rejects(ask(join(await temporaryFolder(), 'control.sock')), { name: 'UncontrolledError', message: /shoal stop/ })
  })

  for (const [what, text] of [['no JSON', 'hello\n'], ['an unknown command', '{"command":"explode"}\n'], ['a time that is none', '{"command":"stop","drainTimeoutMs":-1}\n'], ['a line without end', 'x'.repeat(5000)]] as const) {
    it(`refuses ${what}, and goes on`, async () => {
      const { path } = await open(await temporaryFolder())
      assert.match(await say(path, text), /^\{"error":/)
      assert.deepEqual(asked, [])
      assert.deepEqual(await ask(path), [serving])
    })
  }

  it('works for a data folder whose path is too long for a socket', async () => {
    const folder = join(await temporaryFolder(), 'x'.repeat(120))
    await mkdir(folder)
    const { path } = await open(folder)
    assert.ok(!path.startsWith(folder))
    assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700)
    assert.deepEqual(await ask(path), [serving])
  })

  it('does not trust a folder that others may write to', async () => {
    const folder = join(await temporaryFolder(), 'x'.repeat(120))
    const temporary = await temporaryFolder()
    const before = process.env.TMPDIR
    process.env.TMPDIR = temporary
    try {
      const { path } = await open(folder)
      await chmod(join(path, '..'), 0o777)
      await assert.rejects(open(folder), /not this user's alone/)
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

  it('has a place on every platform', () => {
    const deep = `/home/${'x'.repeat(120)}`
    assert.deepEqual(controlPathOf(place), { path: '/home/ann/shoal/control.sock' })
    const { path, privateFolder } = controlPathOf({ ...place, folder: deep })
    assert.equal(privateFolder, '/tmp/shoal-7')
    assert.match(path, /^\/tmp\/shoal-7\/[0-9a-f]{16}\.sock$/)
    assert.notEqual(path, controlPathOf({ ...place, folder: `${deep}y` }).path)
    assert.equal(controlPathOf({ ...place, folder: deep, temporary: deep }).privateFolder, '/tmp/shoal-7')
    assert.match(controlPathOf({ ...place, platform: 'win32', folder: 'C:\\shoal' }).path, /^\\\\\.\\pipe\\shoal-[0-9a-f]{16}$/)
  })
})

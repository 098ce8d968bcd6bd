import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

const hasScript = String(spawnSync('script', ['--version']).stdout).includes('util-linux')

/** What a process says, waited for. */
function heard (child: ChildProcess): { readonly text: () => string, until (pattern: RegExp): Promise<number>, clear (): void } {
  let text = ''
  let wake = (): void => { /* nobody waits */ }
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more
    wake()
  })
  child.once('exit', () => { wake() })
  return {
    text: () => text,
    clear () { text = '' },
    async until (pattern) {
      for (;;) {
        const at = text.search(pattern)
        if (at >= 0) return at
        if (child.exitCode !== null) throw new Error(`it ended without ${pattern}:\n${text}`)
        await new Promise<void>((resolve) => { wake = resolve })
      }
    }
  }
}

describe('`shoal status --watch`', function () {
  this.timeout(120_000)
  let node: Daemon
  const children: ChildProcess[] = []

  before(async () => { node = await daemon(['--threads', '1', '--name', 'watched']) })

  after(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
    await node.stop()
    await removeFolders()
  })

  const watch = (args: readonly string[], home: string): ChildProcess => {
    const child = spawn(process.execPath, [join(root, 'bin', 'shoal.cjs'), 'status', '--watch', ...args], { env: { ...process.env, NO_COLOR: '1', SHOAL_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    return child
  }

  it('says a line a look where no terminal is, and notices a daemon that goes and comes back', async () => {
    const home = await temporaryFolder()
    const child = watch([], home)
    const said = heard(child)
    await said.until(/no node runs on the data folder/)
    const first = await daemon(['--threads', '1'], { home })
    await said.until(/atlas 8 layers by 1 · 0 answers .* KV 0 of \d+ slots.* repairs: none/)
    await first.kill()
    said.clear()
    await said.until(/no node runs on the data folder/)
    const second = await daemon(['--threads', '1'], { home })
    await said.until(/atlas 8 layers by 1/)
    await second.stop()
    child.kill('SIGINT')
    const [code] = await once(child, 'exit') as [number]
    assert.equal(code, 130)
    assert.equal(said.text().includes('\u001b'), false)
  })

  it('says one JSON object a look with --json', async () => {
    const child = watch(['--json'], node.home)
    const said = heard(child)
    await said.until(/\n.*\n/)
    child.kill('SIGINT')
    await once(child, 'exit')
    const events = said.text().trim().split('\n').map((line) => JSON.parse(line) as Json)
    assert.ok(events.length >= 2)
    for (const { event, self, nodes, own } of events) {
      assert.deepEqual([event, self, (nodes as Json[]).length], ['status', node.peerId, 1])
      assert.equal((own as Json).phase, 'serving')
    }
  })

  it('shows what others see through --join, as a visitor', async () => {
    const child = watch(['--json', '--join', node.address], await temporaryFolder())
    const said = heard(child)
    await said.until(/\n/)
    child.kill('SIGINT')
    await once(child, 'exit')
    const [first] = said.text().split('\n')
    const { event, own, nodes } = JSON.parse(first ?? '') as { event: string, own: unknown, nodes: Array<{ peerId: string }> }
    assert.deepEqual([event, own, nodes.map(({ peerId }) => peerId)], ['status', null, [node.peerId]])
  })

  const onTerminal = hasScript ? it : it.skip
  onTerminal('draws over the same screen of a terminal, at its size, follows its answers, and gives it back on Ctrl-C', async () => {
    const command = `stty cols 70 rows 20; exec '${process.execPath}' '${join(root, 'bin', 'shoal.cjs')}' status --watch`
    const child = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, NO_COLOR: '1', TERM: 'xterm', SHOAL_HOME: node.home }, stdio: ['pipe', 'pipe', 'pipe'] })
    children.push(child)
    const said = heard(child)
    await said.until(/every layer is served/)
    await said.until(/0 tokens\/s/)
    const asked = await shoal(['ask', 'What is the capital of Peru?', '--join', node.address, '--temperature', '0'], { home: await temporaryFolder() })
    assert.equal(asked.code, 0)
    // the terminal's own
    const frames = (): string[] => said.text().split('\u001b[H').slice(1).map((frame) => frame.replace(/\u001b\[[KJ]/g, ''))
    // one a second: a quick answer is over before the next
    while (frames().length < 2) await delay(50)
    for (const frame of frames()) {
      // the terminal puts a return of its own before each line's end: on a line that is full it would be one too many
      const lines = frame.split(/\r*\n/)
      assert.ok(lines.length <= 20 && lines.every((line) => Array.from(line).length <= 70), frame)
    }
    assert.match(said.text(), /^\u001b\[\?1049h\u001b\[\?25l/) // the other screen, without a cursor
    child.stdin?.write('\u0003')
    await once(child, 'exit')
    assert.match(said.text(), /\u001b\[\?25h\u001b\[\?1049l\s*$/) // the cursor, and the screen as it was
    assert.equal(child.exitCode, 130)
  })
})

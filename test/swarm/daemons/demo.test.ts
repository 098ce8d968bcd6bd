import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { removeFolders, root, shoal, temporaryFolder, type Json } from '../../support/shoal.ts'

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the demo', function () {
  this.timeout(60_000)
  after(removeFolders)

  it('answers rightly from three processes, and shows route and speed', async () => {
    const { code, stdout, stderr } = await shoal(['demo'], { home: await temporaryFolder() })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /Lima/)
    assert.match(stdout, /route.*\[0:3\] → .*\[3:5\] → .*\[5:8\]/)
    assert.match(stdout, /tokens\/s/)
  })

  it('takes a number of nodes and a question, and prints JSON', async () => {
    const { code, events } = await shoal(['demo', '--nodes', '2', '--prompt', 'What is the capital of Kenya?', '--json'], { home: await temporaryFolder() })
    assert.equal(code, 0)
    assert.equal(events.filter(({ event }) => event === 'node').length, 2)
    assert.match(String(events.at(-1)?.text), /Nairobi/)
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no process behind when it gets ${signal}`, async () => {
      const child = spawn(process.execPath, [join(root, 'bin', 'shoal.cjs'), 'demo', '--json'], { env: { ...process.env, SHOAL_HOME: await temporaryFolder() }, stdio: ['ignore', 'pipe', 'inherit'] })
      const pids: number[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        const { event, pid } = JSON.parse(line) as Json
        if (event === 'node') pids.push(Number(pid))
        if (pids.length === 2) break
      }
      child.kill(signal)
      await once(child, 'exit')
      assert.equal(pids.length, 2)
      const deadline = performance.now() + 10_000
      while (pids.some(isAlive) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
      assert.deepEqual(pids.filter(isAlive), [])
    })
  }
})

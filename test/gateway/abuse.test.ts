import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon } from '../support/shoal.ts'

const ATTACKER = fileURLToPath(new URL('support/attacker.ts', import.meta.url))
/** Of the node's process, above what it had when nobody attacked it. Generous: it is about bounds, not about thrift. */
const MAX_GROWTH_BYTES = 400 * 1024 * 1024
const QUESTIONS = 15
const ATTACK_MS = 3000

interface Outcome { readonly opened: number, readonly cut: number, readonly statuses: Readonly<Record<string, number>> }

describe('a gateway under attack', function () {
  this.timeout(240_000)
  let node: Daemon
  let key: string
  let port: string
  let quietBytes: number

  const memoryBytes = async (): Promise<number> =>
    process.platform === 'linux' ? 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${node.child.pid ?? 0}/status`, 'utf8'))?.[1]) : 0

  /** Processor time that the node has used; told beside the times, which say little where others use the machine. */
  const usedMs = async (): Promise<number> => {
    if (process.platform !== 'linux') return NaN
    const fields = (await readFile(`/proc/${node.child.pid ?? 0}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
    return 10 * (Number(fields[11]) + Number(fields[12]))
  }

  const post = async (path: string, body: object): Promise<{ status: number, json: any }> => { // eslint-disable-line @typescript-eslint/no-explicit-any -- looked at field by field
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, connection: 'close' }, body: JSON.stringify(body) })
    return { status: response.status, json: await response.json() }
  }

  /** Asks one question after another, each over a connection of its own. @returns how many, and the median of their times */
  async function ask (leastMs = 0): Promise<{ count: number, ms: number }> {
    const times: number[] = []
    const began = performance.now()
    while (times.length < QUESTIONS || performance.now() - began < leastMs) {
      const start = performance.now()
      const { status, json } = await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'What is the capital of Peru?' }], max_tokens: 16, temperature: 0 })
      assert.equal(status, 200, JSON.stringify(json))
      assert.match(json.choices[0].message.content, /Lima/)
      times.push(performance.now() - start)
    }
    return { count: times.length, ms: times.sort((a, b) => a - b)[times.length >> 1] ?? NaN }
  }

  /** For those who want to know; a test on a busy machine asserts no times. */
  const tell = (line: string): void => { if (process.env.SHOAL_MEASURE != null) process.stderr.write(`      ${line}\n`) }

  before(async () => {
    const home = await temporaryFolder()
    key = (await shoal(['keys', 'add'], { home })).stdout.trim()
    node = await daemon(['--http', '0.0.0.0:0', '--slots', '4'], { home })
    port = new URL(node.http).port
    await ask()
    quietBytes = await memoryBytes()
    tell(`${Math.round(quietBytes / 1e6)} MB`)
  })

  after(async () => {
    await node.stop()
    await removeFolders()
  })

  /** Asks while an attack is at its worst. */
  async function during (kind: string): Promise<Outcome> {
    const began = await usedMs()
    const quiet = await ask()
    const quietUsedMs = (await usedMs() - began) / quiet.count
    // in life it runs elsewhere: it gets what the node leaves of this machine
    const attacker: ChildProcess = spawn(process.execPath, ['--import', 'tsx', ATTACKER, kind, port, key], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (attacker.pid != null) setPriority(attacker.pid, constants.priority.PRIORITY_LOW)
    assert.ok(attacker.stdout != null)
    const lines = createInterface({ input: attacker.stdout })
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    try {
      await new Promise<void>((attacking) => {
        lines.on('line', (line) => {
          if (line === 'attacking') attacking()
          else resolve(JSON.parse(line) as Outcome)
        }).once('close', attacking)
      })
      const { count, ms } = await ask(ATTACK_MS)
      const grown = await memoryBytes() - quietBytes
      assert.ok(grown < MAX_GROWTH_BYTES, `${Math.round(grown / 1e6)} MB more`)
      attacker.stdin?.end()
      const told = await outcome
      const each = (await usedMs() - began - (quiet.count + count) * quietUsedMs) / told.opened
      tell(`${kind}: ${each.toFixed(2)} ms of a processor for each, ${ms.toFixed(1)} ms, ${quiet.ms.toFixed(1)} quiet (${(ms / quiet.ms).toFixed(2)}), ${Math.round(grown / 1e6)} MB more, ${JSON.stringify(told)}`)
      return told
    } finally {
      attacker.kill('SIGKILL')
      if (attacker.exitCode == null && attacker.signalCode == null) await once(attacker, 'exit')
    }
  }

  const only = ({ statuses }: Outcome, ...allowed: string[]): void => {
    assert.deepEqual(Object.keys(statuses).filter((status) => !allowed.includes(status)), [])
  }

  it('answers while hundreds send a header line now and then', async () => {
    const { opened, cut, ...outcome } = await during('loris')
    only({ opened, cut, ...outcome }, '408')
    assert.equal(cut, opened)
  })

  it('answers while ten thousand requests are half open, and keeps a thousand of them', async () => {
    const outcome = await during('halfOpen')
    assert.equal(outcome.opened, 10_000)
    only(outcome, '408')
    assert.ok(outcome.cut > 8900, `${outcome.cut} were cut`)
  })

  it('answers while others send 100 MB each, of which it reads little', async () => {
    const outcome = await during('bodies')
    only(outcome, '413', '503')
    assert.ok((outcome.statuses['413'] ?? 0) > 0)
  })

  it('answers while others send a megabyte of headers', async () => {
    const outcome = await during('headers')
    only(outcome, '431')
    assert.ok((outcome.statuses['431'] ?? 0) > 0)
  })

  it('answers while others send bytes that are no text, no JSON or no HTTP', async () => {
    const outcome = await during('garbage')
    only(outcome, '400')
    assert.ok((outcome.statuses['400'] ?? 0) > 0)
  })

  it('answers who has a key while others guess, who are told to wait', async () => {
    const outcome = await during('guesses')
    only(outcome, '401', '429')
    assert.ok((outcome.statuses['429'] ?? 0) > 0)
    // five of each of eight addresses are told so, and each address one a second at most from then on
    assert.ok((outcome.statuses['401'] ?? 0) < 80)
  })

  /** The status line that a request gets which no library would send. */
  async function status (line: string, withKey: boolean): Promise<number> {
    return (await said(line, withKey)).status
  }

  let asked = 0
  async function said (line: string, withKey: boolean): Promise<{ status: number, text: string }> {
    // one address would soon be answered later
    const from = process.platform === 'linux' ? { localAddress: `127.0.1.${1 + asked++ % 250}` } : {}
    const socket = connect({ port: Number(port), host: '127.0.0.1', ...from }).on('error', () => { /* it was cut */ })
    let text = ''
    socket.on('data', (bytes) => { text += bytes.toString('latin1') })
    socket.write(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${withKey ? `authorization: Bearer ${key}\r\n` : ''}\r\n`)
    await once(socket, 'close')
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }
  }

  it('gives nothing away for a trick with a path', async () => {
    const tricks = [
      '//v1/models', '/v1//models', '/./v1/models', '/health/../v1/models', '/health/%2e%2e/v1/models', '/health;/v1/models', '/health%00/../v1/models', '/%76%31/models',
      '/v1/models/../../../../etc/passwd', '/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '/v1/models/%ff%fe', '/v1/models/%', '/v1/models?/health', '/health#/../v1/models',
      'http://localhost/v1/models', 'http://evil.example/v1/models', '*', '/v1/models\\..\\..', `/${'a'.repeat(10_000)}`, '/keys.json', '/key', '/__proto__', '/constructor'
    ]
    for (const path of tricks) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'TRACE']) {
        const { status: found, text } = await said(`${method} ${path}`, false)
        // what stands behind # is no part of the path
        assert.ok([400, 401, 404].includes(found) || text.endsWith('{"status":"ok"}'), `${method} ${path}: ${text}`)
      }
      const keyed = await status(`GET ${path}`, true)
      assert.ok([200, 400, 404].includes(keyed), `GET ${path} with a key: ${keyed}`)
    }
    assert.equal(await status('CONNECT localhost:22', true), 0)
    assert.equal(await status('GET /health', false), 200)
  })

  it('takes a special token that a user writes for text, except where the prompt is raw', async () => {
    const { json: { data: [model] } } = await (await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).json().then((json: any) => ({ json })) // eslint-disable-line @typescript-eslint/no-explicit-any -- looked at field by field
    const tokens = async (content: string): Promise<number> => (await post('/v1/chat/completions', { messages: [{ role: 'user', content }], max_tokens: 1 })).json.usage.prompt_tokens
    const special = '<|im_end|>'
    const written: number[] = (await post('/tokenize', { model: model.id, content: special, parse_special: false })).json.tokens
    assert.ok(written.length > 1)
    assert.equal(await tokens(`a${special}b`) - await tokens('ab') >= written.length - 2, true)
    const prompt = async (more: object): Promise<number> => (await post('/v1/completions', { prompt: special, max_tokens: 1, ...more })).json.usage.prompt_tokens
    assert.equal(await prompt({}), written.length)
    assert.equal(await prompt({ raw: true }), 1)
    for (const role of ['user<|im_end|>', 'system\n', '<|im_start|>']) {
      assert.equal((await post('/v1/chat/completions', { messages: [{ role, content: 'x' }] })).status, 400)
    }
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { folderWithPackage, runProgram, typeCheck } from '../../support/packed.ts'
import { daemon, removeFolders, root, type Daemon, type Json } from '../../support/shoal.ts'
import { questions } from './atlas.ts'

/** Asks what its arguments say, and tells everything it hears, one line each. */
const PROGRAM = `
import { connect } from 'shoal-node/client'
const { bootstrap, request, abortAt } = JSON.parse(process.argv[2])
const tell = (event) => process.stdout.write(JSON.stringify(event) + '\\n')
const controller = new AbortController()
let swarm
try {
  swarm = await connect({ bootstrap, on: tell })
  if (request === undefined) {
    tell({ kind: 'models', models: await swarm.models(), connections: swarm.connections() })
  } else {
    const answer = swarm.generate(request, { signal: controller.signal })
    let tokens = 0
    for await (const token of answer) {
      tell({ kind: 'token', ...token })
      if (++tokens === abortAt) controller.abort()
    }
    tell({ kind: 'result', ...await answer.result() })
  }
} catch (error) {
  tell({ kind: 'error', name: error.name, message: error.message })
} finally {
  await swarm?.close()
}
`

const TYPED = `
import { connect, NoCapacityError, type ProgressEvent, type Result, type Token } from 'shoal-node/client'
const events: ProgressEvent[] = []
const swarm = await connect({ bootstrap: ['/ip4/127.0.0.1/tcp/1'], on: (event) => { events.push(event) } })
const answer = swarm.generate({ model: 'atlas', messages: [{ role: 'user', content: 'hello' }] }, { signal: AbortSignal.timeout(1000) })
for await (const { text, id } of answer) { const shown: string = text; const known: number | undefined = id; void [shown, known] }
const { route, usage }: Result = await answer.result()
const [first] = route
const span: readonly [number, number] | undefined = first?.span
void [span, usage.promptTokens.toFixed()]
export const late = (error: unknown): number => error instanceof NoCapacityError ? error.retryAfterMs : 0
export const of = ({ kind, ...rest }: ProgressEvent): string => kind + Object.keys(rest).length
export type T = Token
await swarm.close()
`

describe('a program with the packed client', function () {
  this.timeout(600_000)
  const nodes: Daemon[] = []
  let folder = ''

  const hear = async (bootstrap: string, more: Json = {}, onEvent: (event: Json, tokens: number) => void = () => undefined): Promise<Json[]> => {
    const { child, lines, stderr } = await runProgram(folder, PROGRAM, [JSON.stringify({ bootstrap, ...more })])
    const events: Json[] = []
    let tokens = 0
    for await (const event of lines) {
      events.push(event)
      if (event.kind === 'token') tokens++
      onEvent(event, tokens)
    }
    if (child.exitCode == null) await once(child, 'exit')
    assert.deepEqual([child.exitCode, stderr()], [0, ''])
    return events
  }
  const address = (at: number): string => nodes[at]?.address ?? ''
  const start = async (layers: string): Promise<void> => {
    nodes.push(await daemon(['--layers', layers, '--threads', '1', ...(nodes.length === 0 ? [] : ['--join', address(0)])]))
  }

  before(async () => {
    folder = await folderWithPackage()
    for (const layers of ['0:3', '3:6', '6:8']) await start(layers)
  })
  after(async () => {
    await Promise.all(nodes.map(async ({ kill }) => { await kill() }))
    await removeFolders()
  })

  questions(3).forEach(({ question, answer, ids }, at) => {
    it(`hears of "${question}" what the unsplit model answers, through node ${at + 1}`, async () => {
      const events = await hear(address(at), { request: { messages: [{ role: 'user', content: question }], temperature: 0, wire: 'f32' } })
      const result = events.at(-1)
      assert.equal(result?.kind, 'result', JSON.stringify(result))
      assert.equal(result.text, answer)
      assert.deepEqual(result.tokens, ids)
      assert.equal(result.finishReason, 'stop')
      assert.deepEqual((result.route as Array<{ peerId: string }>).map(({ peerId }) => peerId), nodes.map(({ peerId }) => peerId))
      const tokens = events.filter(({ kind }) => kind === 'token')
      assert.equal(tokens.map(({ text }) => text).join(''), answer)
      assert.deepEqual(tokens.flatMap(({ id }) => id === undefined ? [] : [id]).slice(0, ids.length), ids)
      const told = events.map(({ kind }) => kind).filter((kind) => kind !== 'token' && kind !== 'waiting')
      assert.deepEqual(told, ['joined', 'finding', 'model', 'connected', 'route', 'result'])
      const [joined] = events
      assert.deepEqual([joined?.peerId, joined?.way], [nodes[at]?.peerId, 'tcp'])
      assert.equal(events.find(({ kind }) => kind === 'connected')?.peerId, nodes[0]?.peerId)
    })
  })

  it('sees which models are served, and by which connections', async () => {
    const [models] = (await hear(address(1))).filter(({ kind }) => kind === 'models')
    const [atlas] = models?.models as Json[]
    assert.deepEqual([atlas?.model, atlas?.covered, atlas?.coverage, atlas?.modelId], ['atlas', true, [1, 1, 1, 1, 1, 1, 1, 1], nodes[0]?.ready.modelId])
    assert.ok((models?.connections as Json[]).some(({ peerId, way }) => peerId === nodes[1]?.peerId && way === 'tcp'))
  })

  it('ends an answer by its signal', async () => {
    const events = await hear(address(0), { request: { messages: [{ role: 'user', content: 'Tell me about Germany.' }], temperature: 0, logitBias: { 2: -100 }, maxTokens: 400 }, abortAt: 3 })
    assert.deepEqual(events.filter(({ kind }) => kind === 'token').length, 3)
    assert.deepEqual([events.at(-1)?.kind, events.at(-1)?.name], ['error', 'AbortError'])
  })

  const failures: ReadonlyArray<readonly [string, Json, string]> = [
    ['a model that nobody serves', { model: 'gpt-5', prompt: 'a' }, 'NobodyServesError'],
    ['more than the context holds', { prompt: Array.from({ length: 5000 }, () => 5) }, 'ContextLengthError'],
    ['an option that is none', { prompt: 'a', max_tokens: 3 }, 'RequestError']
  ]
  for (const [what, request, name] of failures) {
    it(`fails with ${name} for ${what}`, async () => {
      const events = await hear(address(0), { request })
      assert.deepEqual([events.at(-1)?.kind, events.at(-1)?.name], ['error', name], JSON.stringify(events.at(-1)))
    })
  }

  it('prints what docs/CLIENT.md says of its examples', async () => {
    const text = await readFile(join(root, 'docs', 'CLIENT.md'), 'utf8')
    const examples = [...text.matchAll(/```js\n(.*?)```\n+```\n(.*?)```/gs)]
    assert.equal(examples.length, text.match(/```js/g)?.length)
    for (const [, program = '', printed] of examples) {
      const { child, stdout, stderr } = await runProgram(folder, program.replaceAll('INVITE', address(1)), [])
      if (child.exitCode == null) await once(child, 'close')
      // a machine with much to do waits for what is there at once on others
      assert.deepEqual([child.exitCode, stderr(), stdout().replace(/^waiting\n/gm, '')], [0, '', printed])
    }
  })

  it('hears the answer to its end though nodes are killed in the middle of it', async () => {
    for (const layers of ['0:3', '6:8']) await start(layers)
    const request = { messages: [{ role: 'user', content: 'Tell me about Germany.' }], temperature: 0, wire: 'f32', logitBias: { 2: -100 }, maxTokens: 60 }
    const undisturbed = (await hear(address(1), { request })).at(-1)
    assert.equal((undisturbed?.tokens as unknown[] | undefined)?.length, 60, JSON.stringify(undisturbed))
    // the last stage, then the one that coordinates: each has another node beside it
    for (const stage of [2, 0]) {
      let killed = ''
      let route: Array<{ peerId: string }> = []
      const events = await hear(address(1), { request }, (event, tokens) => {
        if (event.kind === 'route') route = event.route as typeof route
        if (event.kind === 'token' && tokens === 8) {
          killed = route[stage]?.peerId ?? ''
          nodes.find(({ peerId }) => peerId === killed)?.child.kill('SIGKILL')
        }
      })
      const result = events.at(-1)
      assert.deepEqual(result?.tokens, undisturbed?.tokens, JSON.stringify(result))
      assert.equal(events.filter(({ kind }) => kind === 'token').map(({ text }) => text).join(''), undisturbed?.text)
      assert.ok(events.some(({ kind }) => kind === 'repaired'))
      assert.ok(!(result?.route as typeof route).some(({ peerId }) => peerId === killed))
    }
  })

  it('is a program that TypeScript understands, without any other package\'s types', async () => {
    assert.equal(await typeCheck(folder, TYPED), '')
    assert.match(await typeCheck(folder, TYPED.replace("'hello'", '5')), /TS2322/)
  })
})

import assert from 'node:assert/strict'
import { grammarWorker } from '../../../src/daemon/folders.ts'
import { grammars, type Grammars } from '../../../src/pipeline/index.ts'
import { settle } from '../support/virtual-clock.ts'
import type { TokenMask } from '../../../src/pipeline/grammar/matcher.ts'

/** All bytes, and a control token. */
const vocabulary = { vocabSize: 257, tokenBytes: (id: number) => id < 256 ? Uint8Array.of(id) : undefined }
const A = 97
const B = 98

/** The real worker, which is at a mask for ever where the grammar has the word STUCK, and ends where it has DIES. */
function fragileWorker (): URL {
  const code = `
    import { parentPort } from 'node:worker_threads'
    const texts = new Map()
    const on = parentPort.on.bind(parentPort)
    parentPort.on = (name, listener) => on(name, (order) => {
      if (order.kind === 'open') texts.set(order.session, order.plan.text)
      const text = order.kind === 'read' ? texts.get(order.session) : ''
      while (text.includes('STUCK'));
      if (text.includes('DIES')) process.exit()
      listener(order)
    })
    await import(${JSON.stringify(grammarWorker().href)})`
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}

const allowed = ({ bits, complete }: TokenMask): number[] => [
  ...Array.from({ length: vocabulary.vocabSize }, (_, id) => id).filter((id) => (((bits[id >> 5] ?? 0) >>> (id & 31)) & 1) === 1), ...(complete ? [-1] : [])
]

describe('the worker that follows grammars', function () {
  this.timeout(60_000)
  let held: Grammars
  const start = (workerFile = fragileWorker(), deadlineMs = 4000): void => { held = grammars({ workerFile, deadlineMs }) }
  const open = (text: string) => held.open(vocabulary, { text, visible: [] })
  afterEach(async () => { await held.stop() })

  for (const [what, word] of [['is stuck', 'STUCK'], ['dies', 'DIES']] as const) {
    it(`is replaced when it ${what}: the answer that it was at is told, others go on where they were`, async () => {
      start()
      const other = open('root ::= "ab" "b"*')
      assert.deepEqual(allowed(await other.mask()), [A])
      other.read(0, [A])
      assert.deepEqual(allowed(await other.mask()), [B])
      const bad = open(`root ::= "${word}"`)
      const late = open('root ::= "a"')
      other.read(1, [B])
      const masks = Promise.all([late.mask(), other.mask()])
      await assert.rejects(bad.mask(), { name: 'GrammarError', message: /too much time or memory/ })
      assert.deepEqual((await masks).map(allowed), [[A], [B, -1]])
      other.read(1, [])
      assert.deepEqual(allowed(await other.mask()), [B])
    })
  }

  it('is not blamed on a grammar where it never works', async () => {
    start(new URL('data:text/javascript,throw new Error("it does not begin")'))
    await assert.rejects(open('root ::= "a"').mask(), { name: 'WorkerGoneError' })
  })

  it('is not ended by many answers whose grammars take much memory', async () => {
    // runs of a letter, along which a mask meets many states
    const runs = Array.from({ length: 40 }, (_, index) => new Uint8Array(index + 1).fill(A))
    held = grammars({ workerFile: grammarWorker() })
    const other = open('root ::= "ab" "b"*')
    await other.mask()
    const text = `root ::= (${Array.from({ length: 3000 }, () => '[a-z]{0,9000}').join('|')}) "!"`
    const tokens = { vocabSize: runs.length, tokenBytes: (id: number) => runs[id] }
    const hungry = Array.from({ length: 24 }, () => held.open(tokens, { text, visible: [] }))
    const told = await Promise.allSettled(hungry.map((each) => each.mask()))
    assert.deepEqual(told.filter(({ status }) => status === 'rejected'), [])
    other.read(0, [A])
    assert.deepEqual(allowed(await other.mask()), [B])
  })

  it('blames nobody where it is stopped in the middle of its work', async () => {
    start()
    await open('root ::= "a"').mask()
    const waiting = open('root ::= "STUCK"').mask()
    const told = assert.rejects(waiting, { name: 'WorkerGoneError' })
    await settle()
    await held.stop()
    await told
  })

  it('tells whoever waits when all is over, and whoever comes', async () => {
    start()
    const waiting = open('root ::= "STUCK"').mask()
    await held.stop()
    await assert.rejects(waiting, /stopping|ended/)
    await assert.rejects(open('root ::= "a"').mask(), /stopping/)
  })
})

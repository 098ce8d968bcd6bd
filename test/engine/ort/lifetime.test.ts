import assert from 'node:assert/strict'
import { runQueue } from '../../../src/engine/devices/run-queue.ts'
import { ortLibrary, type Binding, type OrtLibrary, type OrtSession } from '../../../src/engine/ort/index.ts'
import { F32, tinyOnnx } from './tiny-onnx.ts'

const size = 384

/** `steps` products in a row, so that a run takes long and can be stopped between two of them. */
function chain (steps: number): Uint8Array {
  return tinyOnnx({
    nodes: Array.from({ length: steps }, (_, i) => ({
      op: 'MatMul', inputs: [i === 0 ? 'x' : `x${i}`, 'w'], outputs: [i === steps - 1 ? 'y' : `x${i + 1}`]
    })),
    inputs: [{ name: 'x', dtype: F32, shape: [size, size] }],
    outputs: [{ name: 'y', dtype: F32, shape: [size, size] }],
    initializers: [{ name: 'w', dtype: F32, shape: [size, size], raw: new Uint8Array(size * size * 4) }]
  })
}

describe('native objects', () => {
  let ort: OrtLibrary

  before(() => { ort = ortLibrary() })
  after(() => { ort.close() })

  const open = (steps: number): Promise<OrtSession> =>
    ort.session({ model: chain(steps), provider: { kind: 'cpu' }, threads: 1, queue: runQueue() })

  const bound = (session: OrtSession): Binding => {
    const binding = session.binding()
    binding.bindInput('x', session.deviceTensor('f32', [size, size]))
    binding.bindOutput('y', session.deviceTensor('f32', [size, size]))
    return binding
  }

  it('run without holding up the event loop', async () => {
    const session = await open(200)
    let ticks = 0
    let running = true
    const tick = (): void => {
      ticks++
      if (running) setTimeout(tick, 1)
    }
    setTimeout(tick, 1)
    await session.run(bound(session))
    running = false
    session.close()
    assert.ok(ticks > 10, `the timer fired ${ticks} times`)
  })

  it('stop a run when its signal aborts, and run again after that', async () => {
    const session = await open(5000)
    const binding = bound(session)
    const controller = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => { controller.abort(reason) }, 20)
    await assert.rejects(session.run(binding, { signal: controller.signal }), reason)
    await assert.rejects(session.run(binding, { signal: AbortSignal.abort(reason) }), reason)

    const short = await open(2)
    await short.run(bound(short))
    short.close()
    session.close()
  })

  it('may be closed during a run, which ends first, and in any order', async () => {
    const session = await open(50)
    const binding = bound(session)
    const running = session.run(binding)
    const queued = session.run(binding)
    await new Promise((resolve) => { setImmediate(resolve) })
    binding.close()
    session.close()
    session.close()
    await running
    await assert.rejects(queued, { name: 'EngineError', message: /closed/ })
    await assert.rejects(session.run(binding), { name: 'EngineError', message: 'the session is closed' })
    assert.throws(() => session.binding(), { name: 'EngineError', message: 'the session is closed' })
    assert.throws(() => session.deviceTensor('f32', [1]), { name: 'EngineError' })
    binding.close()
  })

  it('outlive the library object as long as a session needs them', async () => {
    const own = ortLibrary()
    const session = await own.session({ model: chain(1), provider: { kind: 'cpu' }, threads: 1, queue: runQueue() })
    own.close()
    own.close()
    await session.run(bound(session))
    session.close()
    await assert.rejects(own.session({ model: chain(1), provider: { kind: 'cpu' }, threads: 1, queue: runQueue() }), { name: 'EngineError', message: /closed/ })
    assert.throws(() => own.tensor({ dtype: 'f32', shape: [1] }), { name: 'EngineError' })
  })

  it('leave no memory behind: 200 sessions opened, run and closed', async function () {
    this.timeout(60_000)
    const once = async (): Promise<void> => {
      const session = await open(1)
      const own = ort.tensor({ dtype: 'f32', shape: [size, size] })
      const binding = bound(session)
      binding.bindInput('x', own)
      await session.run(binding)
      session.close()
      own.close()
    }
    for (let i = 0; i < 50; i++) await once()
    const grown: number[] = []
    // the heap of this process, which runs all tests, may grow meanwhile: what is left behind grows each time
    while (grown.length < 3 && Math.min(...grown) >= 50) {
      const before = process.memoryUsage.rss()
      for (let i = 0; i < 200; i++) await once()
      grown.push((process.memoryUsage.rss() - before) / 2 ** 20)
    }
    // A session takes 0.6 MiB for its weights, as much for each of its two tensors, and for the one beside them.
    assert.ok(Math.min(...grown) < 50, `${grown.map((each) => each.toFixed(1)).join(', ')} MiB more after 200 sessions each`)
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { runQueue } from '../../../src/engine/devices/run-queue.ts'
import { ortLibrary, type Binding, type OrtLibrary, type OrtSession, type SessionInit } from '../../../src/engine/ort/index.ts'
import { F32, tinyOnnx, type TinyGraph } from './tiny-onnx.ts'

const matrix: TinyGraph = {
  nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
  inputs: [{ name: 'x', dtype: F32, shape: ['rows', 3] }],
  outputs: [{ name: 'y', dtype: F32, shape: ['rows', 2] }],
  initializers: [{ name: 'w', dtype: F32, shape: [3, 2], raw: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer) }]
}

describe('an ONNX Runtime session', () => {
  let ort: OrtLibrary
  const closing: { close (): void }[] = []

  before(() => { ort = ortLibrary() })
  after(() => { ort.close() })
  afterEach(() => { closing.splice(0).reverse().forEach((each) => { each.close() }) })

  const open = async (graph: TinyGraph, init: Partial<SessionInit> = {}): Promise<OrtSession> => {
    const session = await ort.session({ model: tinyOnnx(graph), provider: { kind: 'cpu' }, threads: 1, queue: runQueue(), ...init })
    closing.push(session)
    return session
  }

  const bound = (session: OrtSession, rows: number): { binding: Binding, x: Float32Array, y: Float32Array } => {
    const x = new ArrayBuffer(rows * 3 * 4)
    const y = new ArrayBuffer(rows * 2 * 4)
    const binding = session.binding()
    binding.bindInput('x', ort.tensor({ dtype: 'f32', shape: [rows, 3], data: x }))
    binding.bindOutput('y', ort.tensor({ dtype: 'f32', shape: [rows, 2], data: y }))
    return { binding, x: new Float32Array(x), y: new Float32Array(y) }
  }

  it('runs a graph from memory and writes to the bound output', async () => {
    const session = await open(matrix)
    const { binding, x, y } = bound(session, 2)
    x.set([1, 1, 1, 2, 2, 2])
    await session.run(binding)
    assert.deepEqual([...y], [9, 12, 18, 24])
    x.set([0, 0, 1])
    await session.run(binding)
    assert.deepEqual([...y], [5, 6, 18, 24])
  })

  it('says what the graph takes and gives', async () => {
    const session = await open(matrix)
    assert.deepEqual([...session.inputs.values()], [{ name: 'x', dtype: 'f32', shape: ['rows', 3] }])
    assert.deepEqual([...session.outputs.values()], [{ name: 'y', dtype: 'f32', shape: ['rows', 2] }])
  })

  it('reads external initializers from a folder, or takes them from memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-ort-'))
    try {
      await writeFile(join(folder, 'blob'), new Uint8Array(Float32Array.of(0, 0, 1, 2, 3, 4, 5, 6).buffer))
      const external: TinyGraph = { ...matrix, initializers: [{ name: 'w', dtype: F32, shape: [3, 2], external: { location: 'blob', offset: 8, length: 24 } }] }
      const weights = ort.tensor({ dtype: 'f32', shape: [3, 2], data: Float32Array.of(10, 20, 30, 40, 50, 60).buffer })
      closing.push(weights)
      for (const [session, expected] of [
        [await open(external, { externalFolder: folder }), [9, 12]],
        [await open(external, { initializers: new Map([['w', weights]]) }), [90, 120]]
      ] as const) {
        const { binding, x, y } = bound(session, 1)
        x.set([1, 1, 1])
        await session.run(binding)
        assert.deepEqual([...y], expected)
      }
      await assert.rejects(open(external, { externalFolder: join(folder, 'absent') }), { name: 'EngineError', message: /loading the graph/ })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('updates a tensor in place that is bound as input and output', async () => {
    const session = await open({
      nodes: [{ op: 'Add', inputs: ['past', 'x'], outputs: ['present'] }],
      inputs: [{ name: 'past', dtype: F32, shape: ['n'] }, { name: 'x', dtype: F32, shape: ['n'] }],
      outputs: [{ name: 'present', dtype: F32, shape: ['n'] }]
    })
    const state = new Float32Array(new ArrayBuffer(16))
    const tensor = ort.tensor({ dtype: 'f32', shape: [4], data: state.buffer })
    const binding = session.binding()
    binding.bindInput('past', tensor)
    binding.bindInput('x', ort.tensor({ dtype: 'f32', shape: [4], data: Float32Array.of(1, 2, 3, 4).buffer }))
    binding.bindOutput('present', tensor)
    await session.run(binding)
    await session.run(binding)
    assert.deepEqual([...state], [2, 4, 6, 8])
  })

  it('works on views of a part of a tensor', async () => {
    const session = await open(matrix)
    const x = Float32Array.from({ length: 12 }, (_, i) => i)
    const whole = ort.tensor({ dtype: 'f32', shape: [4, 3], data: x.buffer })
    const { binding, y } = bound(session, 2)
    binding.bindInput('x', whole.view([2, 3], 3))
    whole.close()
    await session.run(binding)
    assert.deepEqual([...y], [40, 52, 67, 88])
  })

  it('refuses bytes that are no model', async () => {
    const model = tinyOnnx(matrix)
    await assert.rejects(open(matrix, { model: model.subarray(0, 60) }), { name: 'EngineError', message: /^loading the graph: / })
    await assert.rejects(open(matrix, { model: new Uint8Array() }), { name: 'EngineError' })
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await assert.rejects(open(matrix, { model: bytes }), { name: 'EngineError' })
    }), { numRuns: 50 })
  })

  it('refuses a graph with an unknown operator, by its name', async () => {
    await assert.rejects(open({ ...matrix, nodes: [{ op: 'MatMool', inputs: ['x', 'w'], outputs: ['y'] }] }), { name: 'EngineError', message: /MatMool/ })
  })

  describe('before native code runs, refuses', () => {
    const f32 = (shape: readonly number[]) => ort.tensor({ dtype: 'f32', shape })
    const cases: readonly (readonly [string, RegExp, (binding: Binding) => void])[] = [
      ['another width', /x is f32 \[rows, 3\], it can't be bound to f32 \[1, 4\]/, (binding) => { binding.bindInput('x', f32([1, 4])) }],
      ['another rank', /x is f32/, (binding) => { binding.bindInput('x', f32([3])) }],
      ['another dtype', /can't be bound to i64 \[1, 3\]/, (binding) => { binding.bindInput('x', ort.tensor({ dtype: 'i64', shape: [1, 3] })) }],
      ['an unknown input', /the graph has no input z/, (binding) => { binding.bindInput('z', f32([1, 3])) }],
      ['an unknown output', /the graph has no output x/, (binding) => { binding.bindOutput('x', f32([1, 3])) }]
    ]
    for (const [what, message, bind] of cases) {
      it(what, async () => {
        const binding = (await open(matrix)).binding()
        assert.throws(() => { bind(binding) }, { name: 'EngineError', message })
      })
    }

    it('a run with something unbound', async () => {
      const session = await open(matrix)
      const binding = session.binding()
      binding.bindInput('x', f32([1, 3]))
      await assert.rejects(session.run(binding), { name: 'EngineError', message: 'output y is not bound' })
    })

    it('dimensions of one name with different sizes', async () => {
      const session = await open(matrix)
      const { binding } = bound(session, 2)
      binding.bindOutput('y', f32([1, 2]))
      await assert.rejects(session.run(binding), { name: 'EngineError', message: 'output y has 1 for the dimension rows, which is 2 elsewhere' })
    })

    it('the binding of another session', async () => {
      const [one, other] = [await open(matrix), await open(matrix)]
      await assert.rejects(one.run(bound(other, 1).binding), { name: 'EngineError', message: /another session/ })
    })

    it('tensors that do not fit their memory', () => {
      for (const init of [
        { shape: [5], data: new ArrayBuffer(16) },
        { shape: [1], data: new ArrayBuffer(16), byteOffset: 2 },
        { shape: [1], data: new ArrayBuffer(16), byteOffset: 16 },
        { shape: [-1] }, { shape: [1.5] }, { shape: [2 ** 40, 2 ** 40] }, { shape: [NaN] }
      ]) assert.throws(() => ort.tensor({ dtype: 'f32', ...init }), { name: 'EngineError' })
      const tensor = f32([4])
      for (const [shape, elements] of [[[5], 0], [[1], 4], [[1], -1], [[1], 0.5]] as const) {
        assert.throws(() => tensor.view(shape, elements), { name: 'EngineError' })
      }
    })
  })
})

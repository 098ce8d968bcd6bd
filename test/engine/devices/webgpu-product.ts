/** Run by devices.test.ts in a process that finds SwiftShader: prints what WebGPU computes beside the CPU. */
import { attends } from '../../../src/engine/devices/attends.ts'
import { openDevice } from '../../../src/engine/devices/index.ts'
import { ortLibrary, type OrtLibrary } from '../../../src/engine/ort/index.ts'
import { F32, tinyOnnx } from '../ort/tiny-onnx.ts'

const [rows, k, n] = [5, 96, 64]

async function product (ort: OrtLibrary, name: 'cpu' | 'webgpu'): Promise<Float32Array> {
  const { provider, queue } = await openDevice(ort, name)
  const weights = Float32Array.from({ length: k * n }, (_, i) => Math.sin(i * 0.7))
  const model = tinyOnnx({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', dtype: F32, shape: ['rows', k] }],
    outputs: [{ name: 'y', dtype: F32, shape: ['rows', n] }],
    initializers: [{ name: 'w', dtype: F32, shape: [k, n], raw: new Uint8Array(weights.buffer) }]
  })
  const session = await ort.session({ model, provider, queue, threads: 1 })
  const binding = session.binding()
  const x = new Float32Array(rows * k)
  const y = new Float32Array(rows * n)
  binding.bindInput('x', ort.tensor({ dtype: 'f32', shape: [rows, k], data: x.buffer }))
  binding.bindOutput('y', ort.tensor({ dtype: 'f32', shape: [rows, n], data: y.buffer }))
  await session.run(binding)
  // Written after binding: a run has to see what the memory holds then.
  x.forEach((_, i) => { x[i] = Math.cos(i * 0.3) })
  await session.run(binding)
  session.close()
  return y
}

/** Adds the same values three times to a tensor that stays in GPU memory, then reads it through a bound output on the host. */
async function stateful (ort: OrtLibrary): Promise<number[]> {
  const { provider, queue } = await openDevice(ort, 'webgpu')
  const value = (name: string) => ({ name, dtype: F32, shape: ['n'] })
  const model = tinyOnnx({
    nodes: [{ op: 'Add', inputs: ['past', 'x'], outputs: ['present'] }, { op: 'Identity', inputs: ['present'], outputs: ['copy'] }],
    inputs: [value('past'), value('x')],
    outputs: [value('present'), value('copy')]
  })
  const session = await ort.session({ model, provider, queue, threads: 1 })
  const state = session.deviceTensor('f32', [4])
  const zero = ort.tensor({ dtype: 'f32', shape: [4] })
  const x = ort.tensor({ dtype: 'f32', shape: [4], data: Float32Array.of(1, 2, 3, 4).buffer })
  const copy = new Float32Array(4)
  const binding = session.binding()
  binding.bindInput('past', zero)
  binding.bindInput('x', x)
  binding.bindOutput('present', state)
  binding.bindOutput('copy', ort.tensor({ dtype: 'f32', shape: [4], data: copy.buffer }))
  await session.run(binding)
  binding.bindInput('past', state)
  await session.run(binding)
  await session.run(binding)
  session.close()
  return [...copy]
}

const ort = ortLibrary()
const { info, numericClass, half, provider, queue } = await openDevice(ort, 'webgpu')
const attended = await attends(ort, provider, queue, 'f32')
const auto = (await openDevice(ort, 'auto')).info.kind
const [expected, found] = [await product(ort, 'cpu'), await product(ort, 'webgpu')]
const difference = Math.max(...expected.map((value, i) => Math.abs(value - (found[i] ?? NaN))))
process.stdout.write(JSON.stringify({ label: info.label, auto, numericClass, difference, half, attended, state: await stateful(ort) }))
ort.close()

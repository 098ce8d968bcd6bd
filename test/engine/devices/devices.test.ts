import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { attends } from '../../../src/engine/devices/attends.ts'
import { detectDevices, openDevice } from '../../../src/engine/devices/index.ts'
import { ortLibrary, type OrtLibrary } from '../../../src/engine/ort/index.ts'
import { hasSwiftShader, nodeWithSwiftShader } from '../../support/swiftshader.ts'

describe('devices', () => {
  let ort: OrtLibrary

  before(() => { ort = ortLibrary() })
  after(() => { ort.close() })

  it('are the CPU, and others with what they lack', async () => {
    const [cpu, ...others] = await detectDevices(ort)
    assert.ok(cpu?.kind === 'cpu' && cpu.available && cpu.label !== '')
    assert.ok(cpu.memoryBytes >= cpu.freeBytes && cpu.freeBytes > 0)
    assert.deepEqual([...new Set(others.map(({ kind }) => kind))], ['webgpu', 'cuda'])
    for (const other of others) assert.equal(other.available, (other.reason ?? '') === '', JSON.stringify(other))
  })

  it('open by name', async () => {
    const device = await openDevice(ort, 'cpu')
    assert.equal(device.info.kind, 'cpu')
    assert.match(device.numericClass, /^ort-1\.\d+\.\d+\/cpu\/[a-z0-9-]+$/)
    assert.ok(await openDevice(ort, 'auto'))
  })

  it('say what attention takes by running it: the processor either type, float16 no quicker', async () => {
    const { provider, queue, half } = await openDevice(ort, 'cpu')
    for (const type of ['f32', 'f16'] as const) assert.ok(await attends(ort, provider, queue, type), type)
    assert.equal(half, false)
  })

  it('that are not there are refused with the reason', async () => {
    await assert.rejects(openDevice(ort, 'cuda:99'), { name: 'EngineError', message: /^device cuda:99 is not available: / })
    for (const device of await detectDevices(ort)) {
      if (!device.available) await assert.rejects(openDevice(ort, device.kind), { name: 'EngineError', message: /is not available: .{10}/ })
    }
  })

  it(`include WebGPU where Vulkan has an adapter: a product there equals the CPU's${hasSwiftShader ? '' : ' (skipped: SwiftShader comes for Linux x64 only)'}`, async function () {
    if (!hasSwiftShader) this.skip()
    this.timeout(60_000)
    const { code, stdout, stderr } = await nodeWithSwiftShader([fileURLToPath(new URL('./webgpu-product.ts', import.meta.url))])
    assert.equal(code, 0, stderr)
    const { label, auto, numericClass, difference, half, attended, state } = JSON.parse(stdout) as Record<string, unknown>
    assert.match(String(label), /SwiftShader/)
    assert.equal(auto, 'cpu', 'a GPU made of software is not picked by itself')
    assert.match(String(numericClass), /^ort-1\.\d+\.\d+\/webgpu\/swiftshader/)
    assert.ok(Number(difference) < 1e-4, `largest difference ${String(difference)}`)
    assert.deepEqual({ half, attended }, { half: false, attended: true }, 'SwiftShader has no float16, and says so when attention is tried')
    assert.deepEqual(state, [3, 6, 9, 12], 'a tensor in GPU memory is updated in place')
  })
})

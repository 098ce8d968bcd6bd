import assert from 'node:assert/strict'
import { cudaProviderMissing, parseGpus } from '../../../src/engine/devices/cuda.ts'

describe('CUDA', () => {
  it('reads the list of the driver\'s tool', () => {
    assert.deepEqual(parseGpus('0, NVIDIA GeForce RTX 4090, 8.9, 24564, 23012\n1, NVIDIA H100 PCIe, 9.0, 81559, 81000\n'), [
      { index: 0, label: 'NVIDIA GeForce RTX 4090', computeCapability: '8.9', memoryBytes: 24564 * 2 ** 20, freeBytes: 23012 * 2 ** 20 },
      { index: 1, label: 'NVIDIA H100 PCIe', computeCapability: '9.0', memoryBytes: 81559 * 2 ** 20, freeBytes: 81000 * 2 ** 20 }
    ])
  })

  it('takes nothing from what is no list', () => {
    for (const text of ['', 'No devices were found', '0, X, 8.9, [N/A], 5', '0, X']) assert.deepEqual(parseGpus(text), [])
  })

  it(`says how to get the provider where it is not installed${process.platform === 'linux' && process.arch === 'x64' ? '' : ' (skipped: it comes for Linux x64 only)'}`, function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip()
    assert.match(cudaProviderMissing('/nowhere/libonnxruntime.so.1') ?? '', /ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node/)
  })
})

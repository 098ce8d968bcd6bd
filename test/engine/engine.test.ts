import assert from 'node:assert/strict'
import { createEngine, EngineError } from '../../src/engine/index.ts'
import { removeFolders } from '../support/shoal.ts'
import { hasSwiftShader, nodeWithSwiftShader } from '../support/swiftshader.ts'
import { fixtureFolder, imported } from '../support/reference.ts'
import { engineCompliance } from './compliance.ts'

describe('engine on the processor', function () {
  this.timeout(60_000)
  engineCompliance(async () => await createEngine({ device: 'cpu', threads: 1 }), { tolerance: 5e-4 })

  it('opens and closes 200 spans in flat memory', async () => {
    const engine = await createEngine({ device: 'cpu', threads: 1 })
    const source = await imported(`${fixtureFolder}models/llama`)
    const cycle = async (): Promise<void> => {
      const runner = await engine.load(source, { start: 0, end: 4 }, { compute: 'fast' })
      const slot = runner.reserve(256)
      await runner.run([{ slot, position: 0, input: Uint32Array.of(1, 2), score: 1, consume: () => { /* not looked at */ } }])
      slot.release()
      await runner.close()
    }
    for (let count = 0; count < 40; count++) {
      await cycle()
    }
    const before = process.memoryUsage.rss()
    for (let count = 0; count < 160; count++) {
      await cycle()
    }
    // weights and KV of one span are 2 MB: a leak of either would be 300 MB
    const grown = process.memoryUsage.rss() - before
    assert.ok(grown < 60e6, `${Math.round(grown / 1e6)} MB more after 160 spans`)
    await engine.close()
  })

  it('says why a device is not available', async () => {
    await assert.rejects(createEngine({ device: 'cuda:7' }), EngineError)
  })

  after(removeFolders)
})

describe('engine on the processor with keys and values in 16 bits', function () {
  this.timeout(60_000)
  engineCompliance(async () => await createEngine({ device: 'cpu', threads: 1, kvType: 'f16' }), { tolerance: 4e-2 })
  after(removeFolders)
})

describe(`engine on WebGPU${hasSwiftShader ? '' : ' (skipped: SwiftShader comes for Linux x64 only)'}`, function () {
  this.timeout(180_000)

  it('passes the same suite on a GPU of software', async function () {
    if (!hasSwiftShader) {
      this.skip()
    }
    const { code, stdout, stderr } = await nodeWithSwiftShader(['node_modules/mocha/bin/mocha.js', '--no-config', '--exit', '--timeout', '120000', 'test/engine/webgpu-suite.ts'])
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /passing/)
  })
})

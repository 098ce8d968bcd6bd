/** Run by engine.test.ts in a process that finds SwiftShader. */
import assert from 'node:assert/strict'
import { createEngine } from '../../src/engine/index.ts'
import { ropeVariantOf } from '../../src/model/index.ts'
import { difference, fixtureFolder, imported, tinyReference } from '../support/reference.ts'
import { removeFolders } from '../support/shoal.ts'
import { engineCompliance } from './compliance.ts'
import { localRing } from './ring.ts'

describe('engine on WebGPU', () => {
  it('rotates by the tables of a session\'s variant, which lie on the device', async () => {
    const engine = await createEngine({ device: 'webgpu', threads: 1 })
    const folder = `${fixtureFolder}models/phi3-longrope`
    const source = await imported(folder)
    const runner = await engine.load(source, { start: 0, end: source.manifest.config.layerCount }, { compute: 'exact' })
    const prompts = await tinyReference(folder)
    const variants = prompts.map(({ inputIds }) => ropeVariantOf(source.manifest.config.rope, inputIds.length))
    assert.deepEqual(new Set(variants), new Set([0, 1]))
    for (const [index, { inputIds, logits }] of prompts.entries()) {
      const ring = localRing([runner], inputIds.length, variants[index])
      assert.ok(difference(await ring.feed(inputIds, 0, 1), logits) <= 5e-3)
      ring.release()
    }
    await engine.close()
  })

  engineCompliance(async () => await createEngine({ device: 'webgpu', threads: 1 }), { tolerance: 5e-3 })
  after(removeFolders)
})

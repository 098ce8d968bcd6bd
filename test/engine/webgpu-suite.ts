/** Run by engine.test.ts in a process that finds SwiftShader. */
import { createEngine } from '../../src/engine/index.ts'
import { removeFolders } from '../support/shoal.ts'
import { engineCompliance } from './compliance.ts'

describe('engine on WebGPU', () => {
  engineCompliance(async () => await createEngine({ device: 'webgpu', threads: 1 }), { tolerance: 5e-3 })
  after(removeFolders)
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type DeviceName } from '../engine/index.ts'
import { importModel, modelStore } from '../store/index.ts'
import { embeddedModelFolder } from './folders.ts'
import { EMBEDDED_MODEL } from './models.ts'
import type { KvType } from '../model/index.ts'

/** Layers of the embedded model that run. */
const LAYERS = 2
const ROWS = 16
const STEPS = 32
/** Of hidden states of magnitude 1 to 70, between a device and the processor. Float16 KV moved them by 0.05 on the processor itself. */
const TOLERANCE = { f32: 1e-2, f16: 0.2 }

export interface SelfTest {
  /** Milliseconds, the median of single-row runs. */
  readonly rowMs: number
  /** Largest difference of a hidden state from the processor's. */
  readonly difference: number
  /** Whether that is what rounding explains. */
  readonly right: boolean
}

/** What a device is asked to run, and what the processor gave. */
export interface SelfTester {
  run (device: DeviceName): Promise<SelfTest>
  close (): Promise<void>
}

/** Runs two layers of the embedded model on a device, and compares with the processor. @throws {EngineError} where they do not run */
export async function selfTester (): Promise<SelfTester> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-doctor-'))
  try {
    const store = await modelStore(folder)
    const { manifest } = await importModel({ source: embeddedModelFolder(), name: EMBEDDED_MODEL, store })
    const source = { manifest, blobFolder: store.blobs.folder }

    const measure = async (device: DeviceName): Promise<{ hidden: Float32Array, rowMs: number, kvType: KvType }> => {
      const engine = await createEngine({ device, threads: 1 })
      try {
        const runner = await engine.load(source, { start: 0, end: LAYERS }, { compute: 'fast', slots: 1, contextLength: 128 })
        const slot = runner.reserve(ROWS + STEPS)
        let hidden = new Float32Array()
        const input = Uint32Array.from({ length: ROWS }, (_, index) => 1 + index * 37 % 1000)
        await runner.run([{ slot, position: 0, input, score: 0, consume: (output) => { hidden = output.slice() } }])
        const times: number[] = []
        for (let step = 0; step < STEPS; step++) {
          const began = performance.now()
          await runner.run([{ slot, position: ROWS + step, input: input.subarray(step % ROWS, step % ROWS + 1), score: 0, consume: () => { /* timed only */ } }])
          times.push(performance.now() - began)
        }
        return { hidden, kvType: engine.kvType('fast'), rowMs: times.sort((a, b) => a - b)[STEPS / 2] ?? 0 }
      } finally {
        await engine.close()
      }
    }

    const { hidden: wanted } = await measure('cpu')
    return {
      run: async (device) => {
        const { hidden, rowMs, kvType } = await measure(device)
        const difference = hidden.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (wanted[index] ?? NaN))), hidden.length === wanted.length ? 0 : NaN)
        return { rowMs, difference, right: difference <= TOLERANCE[kvType] }
      },
      close: async () => { await rm(folder, { recursive: true, force: true }) }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

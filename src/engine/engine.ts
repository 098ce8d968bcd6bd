import { openDevice, physicalCores } from './devices/index.ts'
import { ortLibrary } from './ort/index.ts'
import { loadSpan } from './span-runner.ts'
import type { Engine, EngineInit, SpanRunner } from './types.ts'

/** Opens a device. @throws {EngineError} saying why, where it is not available */
export async function createEngine ({ device: name = 'auto', threads = physicalCores() }: EngineInit = {}): Promise<Engine> {
  const ort = ortLibrary()
  const device = await openDevice(ort, name)
  const runners = new Set<SpanRunner>()
  return {
    device: device.info,
    numericClass: device.numericClass,
    load: async (source, span, options) => {
      options.signal?.throwIfAborted()
      const runner = await loadSpan({ ort, device, threads }, source, span, options)
      runners.add(runner)
      return {
        ...runner,
        close: async () => {
          if (runners.delete(runner)) {
            await runner.close()
          }
        }
      }
    },
    close: async () => {
      for (const runner of runners) {
        runners.delete(runner)
        await runner.close()
      }
      ort.close()
    }
  }
}

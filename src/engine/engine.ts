import { openDevice, physicalCores } from './devices/index.ts'
import { mapLargeBlocks } from './large-blocks.ts'
import { ortLibrary } from './ort/index.ts'
import { loadSpan } from './span-runner.ts'
import type { Compute, KvType } from '../model/index.ts'
import type { Engine, EngineInit, SpanRunner } from './types.ts'

/** Opens a device. @throws {EngineError} saying why, where it is not available */
export async function createEngine ({ device: name = 'auto', threads = physicalCores(), kvType: given, pairsRows }: EngineInit = {}): Promise<Engine> {
  const ort = ortLibrary()
  mapLargeBlocks()
  const opened = await openDevice(ort, name)
  const device = { ...opened, pairsRows: pairsRows ?? opened.pairsRows }
  const runners = new Set<SpanRunner>()
  const kvType = (compute: Compute): KvType => given ?? (compute === 'fast' && device.half ? 'f16' : 'f32')
  return {
    device: device.info,
    kvType,
    numericClass: (compute) => `${device.numericClass}/${compute}/kv-${kvType(compute)}`,
    load: async (source, span, options) => {
      options.signal?.throwIfAborted()
      const runner = await loadSpan({ ort, device, threads, kvType: kvType(options.compute) }, source, span, options)
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

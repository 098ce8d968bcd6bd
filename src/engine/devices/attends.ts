import { attentionProbe, graphNames, type KvType } from '../../model/index.ts'
import { EngineError } from '../errors.ts'
import type { OrtLibrary, OrtSession, Provider, RunQueue } from '../ort/index.ts'

/**
 * Whether attention over keys and values of a type runs on the device itself, found by running it: WebGPU adapters need not have
 * float16 in shaders, and an operator that a provider lacks for a type would run on the processor.
 */
export async function attends (ort: OrtLibrary, provider: Provider, queue: RunQueue, kvType: KvType): Promise<boolean> {
  const { model, shape, kvShape } = attentionProbe(kvType)
  let session: OrtSession | undefined
  try {
    const config = provider.kind === 'cpu' ? {} : { 'session.disable_cpu_ep_fallback': '1' }
    session = await ort.session({ model, provider, queue, threads: 1, config })
    const binding = session.binding()
    const [input, output] = [new Float32Array(shape[2]), new Float32Array(kvShape[3])]
    // small whole numbers are the same in every type
    input.forEach((_, index) => { input[index] = index % 7 - 3 })
    binding.bindInput(graphNames.hidden, ort.tensor({ dtype: 'f32', shape, data: input.buffer }))
    binding.bindInput(graphNames.seqlens, ort.tensor({ dtype: 'i32', shape: [1] }))
    binding.bindInput(graphNames.totalLength, ort.tensor({ dtype: 'i32', shape: [], data: new Int32Array([1]).buffer }))
    for (const side of ['key', 'value'] as const) {
      const { past, present } = graphNames.kv(0, side)
      const kept = session.deviceTensor(kvType, kvShape)
      binding.bindInput(past, kept)
      binding.bindOutput(present, kept)
    }
    binding.bindOutput(graphNames.output, ort.tensor({ dtype: 'f32', shape: [1, 1, output.length], data: output.buffer }))
    await session.run(binding)
    return output.every((value, index) => value === input[2 * output.length + index])
  } catch (error) {
    if (error instanceof EngineError) return false
    throw error
  } finally {
    session?.close()
  }
}

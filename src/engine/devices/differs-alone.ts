import { productProbe } from '../../model/index.ts'
import type { OrtLibrary, Provider, RunQueue } from '../ort/index.ts'

/**
 * Whether a row multiplied alone has other bits than beside another one, found by doing both: ONNX Runtime's 4-bit kernels for processors with AVX2 and
 * no more add up in another order for one row (1.30, 2026-11-27; from two rows on, all have the same bits).
 */
export async function differsAlone (ort: OrtLibrary, provider: Provider, queue: RunQueue): Promise<boolean> {
  const { model, input, output, features: [wide, narrow] } = productProbe()
  const session = await ort.session({ model, provider, queue, threads: 1, config: {} })
  try {
    const row = Float32Array.from({ length: wide }, (_, index) => Math.sin(index))
    const firstOf = async (rows: number): Promise<Float32Array> => {
      const [from, to] = [new Float32Array(rows * wide), new Float32Array(rows * narrow)]
      for (let at = 0; at < rows; at++) from.set(row, at * wide)
      const binding = session.binding()
      binding.bindInput(input, ort.tensor({ dtype: 'f32', shape: [1, rows, wide], data: from.buffer }))
      binding.bindOutput(output, ort.tensor({ dtype: 'f32', shape: [1, rows, narrow], data: to.buffer }))
      await session.run(binding)
      return to.subarray(0, narrow)
    }
    const [alone, beside] = [await firstOf(1), await firstOf(2)]
    return alone.some((value, index) => value !== beside[index])
  } finally {
    session.close()
  }
}

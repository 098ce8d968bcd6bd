import { identityGraph } from '../model/index.ts'
import type { Device } from './devices/index.ts'
import type { OrtLibrary, OrtSession, Tensor } from './ort/index.ts'

/**
 * Copies of tables `[rows, columns]` of one type in a session's device memory: what stays the same from run to run is not sent
 * there again before each. The tensors given are closed; those returned live as long as the session.
 */
export async function deviceCopies (ort: OrtLibrary, { provider, queue }: Device, session: OrtSession, tables: readonly Tensor[]): Promise<Tensor[]> {
  const [first] = tables
  if (first === undefined || provider.kind === 'cpu') {
    return [...tables]
  }
  // ONNX Runtime has no copy of its own that every provider takes: a graph that does nothing is one
  const { model, input, output } = identityGraph(first.dtype === 'f16' ? 'f16' : 'f32')
  const copier = await ort.session({ model, provider, queue, threads: 1 })
  try {
    const copies: Tensor[] = []
    for (const table of tables) {
      const copy = session.deviceTensor(table.dtype, table.shape)
      const binding = copier.binding()
      binding.bindInput(input, table)
      binding.bindOutput(output, copy)
      await copier.run(binding)
      binding.close()
      table.close()
      copies.push(copy)
    }
    return copies
  } finally {
    copier.close()
  }
}

import assert from 'node:assert/strict'
import { slabMemory, type SlabMemory } from '../../src/engine/kv-memory.ts'
import type { Binding, OrtLibrary, OrtSession, Tensor } from '../../src/engine/ort/index.ts'

const SLOTS = 16

describe('the memory of a slab', () => {
  let open: number
  let memory: SlabMemory

  beforeEach(() => {
    open = 0
    const opened = <T>(rest: T): T & { close: () => void } => {
      open++
      return { ...rest, close: () => { open-- } }
    }
    const tensor = (shape: readonly number[]): Tensor => opened({ dtype: 'f32' as const, shape, byteLength: 0, place: 'host' as const, view: tensor })
    const binding = (): Binding => opened<Omit<Binding, 'close'>>({ bindInput () { /* looked at nowhere */ }, bindOutput () { /* looked at nowhere */ } })
    memory = slabMemory({
      ort: { tensor: ({ shape }: { shape: readonly number[] }) => tensor(shape) } as unknown as OrtLibrary, // `as`: nothing else is used
      session: {} as unknown as OrtSession, // `as`: none is used for memory on the host
      span: { start: 0, end: 3 },
      kvType: 'f32',
      shape: [SLOTS, 2, 8, 4],
      onHost: true,
      shared: binding
    })
  })

  it('keeps the bindings that were used last, and no more than a few', () => {
    const often = memory.group(3, 2, 0)
    for (let first = 0; first < SLOTS; first++) {
      for (let count = 1; first + count <= SLOTS; count++) {
        memory.group(first, count, 0)
        assert.equal(memory.group(3, 2, 0), often)
      }
    }
    // six tensors, and a binding with six views for each range
    assert.ok(open <= 6 + 7 * 32, `${open} objects are open`)
    memory.free()
    assert.equal(open, 0)
  })
})

import { setImmediate as nextTurn } from 'node:timers/promises'
import { graphNames, type KvType, type Span } from '../model/index.ts'
import { EngineError } from './errors.ts'
import type { KvMemory, Slab } from './kv-slots.ts'
import type { Binding, OrtLibrary, OrtSession, Tensor } from './ort/index.ts'

/** Bytes of one value. */
export const kvValueBytes = (type: KvType): number => type === 'f16' ? 2 : 4

/**
 * Ranges of slots whose bindings are kept, of the 136 that a slab of 16 has: those used last. A binding takes as long as
 * some hundredths of a run to make, and memory for every layer.
 */
const MAX_BINDINGS = 32

/** What lies in one slab for one layer and side: `[slots, kvHeads, capacity, headDim]`. */
interface Side {
  readonly past: string
  readonly present: string
  readonly tensor: Tensor
  /** The same memory, where it is the host's. */
  readonly values: Float32Array | Uint16Array | undefined
}

/** A binding of neighbouring slots, with what its input and output are bound to now. */
export interface GroupBinding {
  readonly binding: Binding
  bound: { readonly input: Tensor, readonly output: Tensor } | undefined
}

/** KV of a slab's slots on the device, bound as both past and present, so that runs update it in place. */
export interface SlabMemory extends KvMemory {
  /** Made at first use, and kept for as long as others are not used more. @param variant see `Work` */
  group (first: number, count: number, variant: number): GroupBinding
  readonly sides: readonly Side[]
}

export interface SlabMemoryInit {
  readonly ort: OrtLibrary
  readonly session: OrtSession
  readonly span: Span
  readonly kvType: KvType
  /** `[slots, kvHeads, capacity, headDim]` */
  readonly shape: readonly [slots: number, kvHeads: number, capacity: number, headDim: number]
  readonly onHost: boolean
  /** A binding of what does not lie in the slab. */
  shared (count: number, variant: number): Binding
}

/** @throws {EngineError} where the device has no memory for it */
export function slabMemory ({ ort, session, span, kvType, shape, onHost, shared }: SlabMemoryInit): SlabMemory {
  const [slots, kvHeads, capacity, headDim] = shape
  const slotValues = kvHeads * capacity * headDim
  const sides: Side[] = []
  const bindings = new Map<number, GroupBinding & { close (): void }>()

  const free = (): void => {
    bindings.forEach((each) => { each.close() })
    sides.forEach(({ tensor }) => { tensor.close() })
  }

  try {
    for (let layer = span.start; layer < span.end; layer++) {
      for (const side of ['key', 'value'] as const) {
        // pages of host memory that nobody writes take no memory
        const data = onHost ? new ArrayBuffer(slots * slotValues * kvValueBytes(kvType)) : undefined
        sides.push({
          ...graphNames.kv(layer, side),
          tensor: data === undefined ? session.deviceTensor(kvType, shape) : ort.tensor({ dtype: kvType, shape, data }),
          values: data === undefined ? undefined : kvType === 'f16' ? new Uint16Array(data) : new Float32Array(data)
        })
      }
    }
  } catch (error) {
    free()
    throw error instanceof EngineError ? error : new EngineError('no memory for a session\'s KV', { cause: error })
  }

  return {
    sides,
    free,
    group: (first, count, variant) => {
      const key = (variant * slots + first) * slots + count - 1
      const known = bindings.get(key)
      if (known !== undefined) {
        bindings.delete(key)
        bindings.set(key, known)
        return known
      }
      const [oldest] = bindings
      if (oldest !== undefined && bindings.size >= MAX_BINDINGS) {
        bindings.delete(oldest[0])
        oldest[1].close()
      }
      const binding = shared(count, variant)
      const views: Tensor[] = []
      for (const { past, present, tensor } of sides) {
        const view = count === slots ? tensor : tensor.view([count, kvHeads, capacity, headDim], first * slotValues)
        if (view !== tensor) {
          views.push(view)
        }
        binding.bindInput(past, view)
        binding.bindOutput(present, view)
      }
      const made = {
        binding,
        bound: undefined,
        close: () => {
          binding.close()
          views.forEach((view) => { view.close() })
        }
      }
      bindings.set(key, made)
      return made
    }
  }
}

/** Copies the first `positions` of a slot on the host into another, layer by layer, so that nobody waits long. */
export async function copyKv (
  from: Slab<SlabMemory>, fromPlace: number, to: Slab<SlabMemory>, toPlace: number, positions: number, kvHeads: number, headDim: number
): Promise<void> {
  for (const [index, { values: source }] of from.memory.sides.entries()) {
    const target = to.memory.sides[index]?.values
    if (source === undefined || target === undefined) {
      throw new EngineError('KV that is not in the host\'s memory can\'t be copied')
    }
    for (let head = 0; head < kvHeads; head++) {
      const start = (fromPlace * kvHeads + head) * from.capacity * headDim
      target.set(source.subarray(start, start + positions * headDim), (toPlace * kvHeads + head) * to.capacity * headDim)
    }
    await nextTurn()
  }
}

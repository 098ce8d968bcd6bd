import { graphNames } from '../model/index.ts'
import type { Embedding } from './embedding.ts'
import type { GroupBinding, SlabMemory } from './kv-memory.ts'
import type { KvSlot, Slab } from './kv-slots.ts'
import type { Binding, OrtLibrary, OrtSession, Tensor } from './ort/index.ts'
import type { Executor, Work } from './scheduler.ts'
import type { LoadOptions, Step } from './types.ts'

/** A step found sound. */
export interface SpanWork extends Work<Slab<SlabMemory>> {
  readonly slot: KvSlot<SlabMemory>
  readonly step: Step
  /** Outputs of earlier chunks of the same step. */
  parts?: Float32Array[]
}

/** Puts work into the graph's inputs, runs it, and hands over what comes out. One run at a time. */
export interface SpanExecutor extends Executor<Slab<SlabMemory>, SpanWork> {
  /** A binding of everything but KV and the rows themselves. */
  shared (count: number, variant: number): Binding
  close (): Promise<void>
}

/** Rotation and outputs of a step's runs as one number: see `Work`. */
export const variantOf = ({ ropeVariant = 0, wants }: Step, isTail: boolean): number => 2 * ropeVariant + (isTail && wants === 'hidden' ? 1 : 0)
const ropeOf = (variant: number): number => variant >> 1
const isHidden = (variant: number): boolean => variant % 2 === 1

export interface SpanExecutorInit {
  readonly ort: OrtLibrary
  readonly session: OrtSession
  /** Where the span begins the model. */
  readonly embedding: Embedding | undefined
  readonly hiddenSize: number
  /** Values of one row of output, where no hidden states are wanted of the span that ends the model. */
  readonly outputSize: number
  readonly isTail: boolean
  /** The device takes products of no rows: then a tail that is to score nothing leaves out its head, which may be the largest product of all. */
  readonly skipsHead: boolean
  /** Cosines and sines of each variant of the rotation, where the graph takes them as inputs. */
  readonly rope: ReadonlyArray<{ readonly cos: Tensor, readonly sin: Tensor }>
  readonly onRun?: LoadOptions['onRun'] | undefined
}

/** Host memory that a graph reads from or writes to. */
interface Rows {
  readonly tensor: Tensor
  readonly view: Float32Array
}

export function spanExecutor ({ ort, session, embedding, hiddenSize, outputSize, isTail, skipsHead, rope, onRun }: SpanExecutorInit): SpanExecutor {
  const input = rowBuffers(ort, hiddenSize)
  const output = rowBuffers(ort, outputSize)
  const normed = rowBuffers(ort, hiddenSize)
  const seqlens = new Map<number, { readonly tensor: Tensor, readonly view: Int32Array }>()
  const totalLength = numbers(ort, 'i32', [], 4)
  const scoreStart = numbers(ort, 'i64', [1], 8)
  const totalLengthView = new Int32Array(totalLength.data)
  const scoreStartView = new BigInt64Array(scoreStart.data)
  const constant = (value: bigint): Tensor => {
    const { tensor, data } = numbers(ort, 'i64', [1], 8)
    new BigInt64Array(data)[0] = value
    return tensor
  }
  /** Which of the scored rows the head is for: all, the last one, none. */
  const heads = { all: constant(0n), last: constant(-1n), none: constant(2n ** 62n) }

  function seqlensOf (count: number): { readonly tensor: Tensor, readonly view: Int32Array } {
    const known = seqlens.get(count)
    if (known !== undefined) {
      return known
    }
    const { tensor, data } = numbers(ort, 'i32', [count], 4 * count)
    const made = { tensor, view: new Int32Array(data) }
    seqlens.set(count, made)
    return made
  }

  async function run (group: GroupBinding, variant: number, hidden: Rows, out: Rows, signal: AbortSignal | undefined): Promise<number> {
    const { binding, bound } = group
    if (bound?.input !== hidden.tensor || bound.output !== out.tensor) {
      binding.bindInput(graphNames.hidden, hidden.tensor)
      if (isTail) binding.bindInput(graphNames.headStart, isHidden(variant) ? heads.last : out.view.length === 0 ? heads.none : heads.all)
      binding.bindOutput(isHidden(variant) ? graphNames.normed : graphNames.output, out.tensor)
      group.bound = { input: hidden.tensor, output: out.tensor }
    }
    return await session.run(binding, signal === undefined ? {} : { signal })
  }

  const canSkipHead = (variant: number): boolean => isTail && skipsHead && !isHidden(variant)
  const outputOf = (variant: number): RowBuffers => isHidden(variant) ? normed : output

  /** Writes the rows of `values`, token ids or hidden states, where the graph reads them. */
  function fill (values: Step['input'], into: Float32Array): Promise<void> | void {
    if (values instanceof Uint32Array) {
      return embedding?.lookUp(values, into)
    }
    into.set(values)
  }

  return {
    shared: (count, variant) => {
      const binding = session.binding([isHidden(variant) ? graphNames.output : graphNames.normed])
      binding.bindInput(graphNames.seqlens, seqlensOf(count).tensor)
      binding.bindInput(graphNames.totalLength, totalLength.tensor)
      if (isTail) {
        binding.bindInput(graphNames.scoreStart, scoreStart.tensor)
      }
      const caches = rope[ropeOf(variant)]
      if (caches !== undefined) {
        binding.bindInput(graphNames.ropeCos, caches.cos)
        binding.bindInput(graphNames.ropeSin, caches.sin)
      }
      return binding
    },

    decode: async (works, { slab, first, count }, signal) => {
      const variant = works[0]?.variant ?? 0
      const size = isHidden(variant) ? hiddenSize : outputSize
      const hidden = input.of(count, 1)
      const out = outputOf(variant).of(count, canSkipHead(variant) && works.every(({ step }) => step.score === 0) ? 0 : 1)
      const lengths = seqlensOf(count).view
      let longest = 0
      for (let row = 0; row < count; row++) {
        // what has no work is computed at its next position, which its next step overwrites
        const position = slab.places[first + row]?.filled ?? 0
        lengths[row] = position
        longest = Math.max(longest, position + 1)
      }
      for (const { slot, step } of works) {
        const row = slot.place - first
        const reading = fill(step.input, hidden.view.subarray(row * hiddenSize, (row + 1) * hiddenSize))
        if (reading != null) {
          await reading
        }
        lengths[row] = step.position
        longest = Math.max(longest, step.position + 1)
        // what lies behind is overwritten even where the run fails
        slot.filled = step.position
      }
      totalLengthView[0] = longest
      scoreStartView[0] = 0n
      const group = slab.memory.group(first, count, variant)
      const ms = await run(group, variant, hidden, out, signal)
      onRun?.(works.length, works.length, ms)
      for (const { slot, step } of works) {
        slot.filled = step.position + 1
        const row = slot.place - first
        step.ran?.(ms)
        // a tail that is to score nothing may have computed one row all the same
        step.consume(out.view.subarray(row * size, (row + (isTail ? step.score : 1)) * size))
      }
    },

    prefill: async (work, first, end, signal) => {
      const { slot, step, rows: all, variant } = work
      const rows = end - first
      const wanted = isTail ? Math.max(0, end - Math.max(first, all - step.score)) : rows
      // without a row to score one is computed all the same where it has to be: a product of no rows is not every kernel's strength
      const scored = Math.max(1, wanted)
      const hidden = input.of(1, rows)
      const out = outputOf(variant).of(1, wanted === 0 && canSkipHead(variant) ? 0 : scored)
      const perRow = step.input instanceof Uint32Array ? 1 : hiddenSize
      const reading = fill(step.input.subarray(first * perRow, end * perRow), hidden.view)
      if (reading != null) {
        await reading
      }
      const position = step.position + first
      seqlensOf(1).view[0] = position + rows - 1
      totalLengthView[0] = position + rows
      scoreStartView[0] = BigInt(rows - scored)
      slot.filled = position
      const group = slot.slab.memory.group(slot.place, 1, variant)
      const ms = await run(group, variant, hidden, out, signal)
      onRun?.(1, rows, ms)
      step.ran?.(ms)
      slot.filled = position + rows
      const made = out.view.subarray(0, wanted * (isHidden(variant) ? hiddenSize : outputSize))
      if (end < all) {
        work.parts = [...work.parts ?? [], made.slice()]
      } else {
        step.consume(work.parts === undefined ? made : joined([...work.parts, made]))
      }
    },

    close: async () => {
      session.close()
      input.close()
      output.close()
      normed.close()
      ;[totalLength.tensor, scoreStart.tensor, ...Object.values(heads), ...[...seqlens.values()].map(({ tensor }) => tensor)].forEach((tensor) => { tensor.close() })
      await embedding?.close()
    }
  }
}

function numbers (ort: OrtLibrary, dtype: 'i32' | 'i64', shape: number[], bytes: number): { tensor: Tensor, data: ArrayBuffer } {
  const data = new ArrayBuffer(bytes)
  return { tensor: ort.tensor({ dtype, shape, data }), data }
}

interface RowBuffers {
  of (batch: number, rows: number): Rows
  close (): void
}

/**
 * Tensors `[batch, rows, columns]`: those for single rows and for none stay. Of the others there is one at a time, over memory that only grows: many bindings
 * hold on to what they ran with last, which would be a prompt's rows for each place of a slab.
 */
function rowBuffers (ort: OrtLibrary, columns: number): RowBuffers {
  const make = (data: ArrayBuffer, batch: number, rows: number): Rows => {
    const length = batch * rows * columns
    return { tensor: ort.tensor({ dtype: 'f32', shape: [batch, rows, columns], data }), view: new Float32Array(data, 0, length) }
  }
  const memory = (rows: number): ArrayBuffer => new ArrayBuffer(rows * columns * 4)
  const singles = new Map<number, Rows>()
  const empties = new Map<number, Rows>()
  let shared = memory(2)
  let several: Rows & { readonly rows: number } | undefined

  return {
    of (batch, rows) {
      if (rows === 1) {
        const known = singles.get(batch) ?? make(memory(batch), batch, 1)
        singles.set(batch, known)
        return known
      }
      if (rows === 0) {
        const known = empties.get(batch) ?? make(memory(1), batch, 0)
        empties.set(batch, known)
        return known
      }
      if (several?.rows !== rows) {
        several?.tensor.close()
        if (shared.byteLength < rows * columns * 4) {
          shared = memory(2 ** Math.ceil(Math.log2(rows)))
        }
        several = { rows, ...make(shared, 1, rows) }
      }
      return several
    },
    close () {
      several?.tensor.close()
      for (const { tensor } of [...singles.values(), ...empties.values()]) tensor.close()
    }
  }
}

function joined (parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  parts.reduce((at, values) => {
    whole.set(values, at)
    return at + values.length
  }, 0)
  return whole
}

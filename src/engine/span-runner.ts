import { f32ArrayToF16, ropeVariants, spanGraph, spanParts, type Compute, type KvType, type Manifest, type Part, type Span } from '../model/index.ts'
import { deviceCopies } from './device-copies.ts'
import { openEmbedding } from './embedding.ts'
import { EngineRequestError } from './errors.ts'
import { copyKv, kvValueBytes, slabMemory, type SlabMemory } from './kv-memory.ts'
import { kvSlots, type KvSlot, type Slab } from './kv-slots.ts'
import { scheduler } from './scheduler.ts'
import { spanExecutor, variantOf, type SpanExecutor, type SpanWork } from './span-executor.ts'
import type { Device } from './devices/index.ts'
import type { OrtLibrary, OrtSession, Tensor } from './ort/index.ts'
import type { LoadOptions, Slot, SpanRunner, SpanSource, Step } from './types.ts'

const DEFAULT_SLOTS = 8
/** Slots that lie side by side and may run together. */
const SLAB_SLOTS = 16
/** From 32 rows on, WebGPU's attention takes another path, which gave wrong logits on SwiftShader (ONNX Runtime 1.30, 2026-11-24). */
const MAX_WEBGPU_ROWS = 31
/** Rows of no use that are cheaper than a run of their own: see `groups`. */
const MAX_GAP = 3

export interface SpanRunnerComponents {
  readonly ort: OrtLibrary
  readonly device: Device
  readonly threads: number
  readonly kvType: KvType
}

/** Loads a span. @throws {EngineError} @throws {FormatError} */
export async function loadSpan ({ ort, device, threads, kvType }: SpanRunnerComponents, source: SpanSource, span: Span, options: LoadOptions): Promise<SpanRunner> {
  const { manifest, blobFolder } = source
  const { config } = manifest
  if (!(Number.isInteger(span.start) && Number.isInteger(span.end) && span.start >= 0 && span.start < span.end && span.end <= config.layerCount)) {
    throw new EngineRequestError(`layers ${span.start}:${span.end} are not within 0:${config.layerCount}`)
  }
  const contextLength = Math.min(options.contextLength ?? config.contextLength, config.contextLength)
  const graph = spanGraph(manifest, span, { compute: options.compute, device: device.info.kind, kvType, pairsRows: device.pairsRows, contextLength })
  const session = await ort.session({
    model: graph.model,
    externalFolder: blobFolder,
    initializers: new Map([...graph.values].map(([name, { shape, values }]) => [name, hostValues(ort, shape, values)])),
    provider: device.provider,
    threads,
    config: {
      'session.use_device_allocator_for_initializers': '1',
      // exact: unpacked weights are folded at load
      ...(options.compute === 'exact' ? { 'session.disable_quant_qdq': '1' } : {})
    },
    queue: device.queue
  })
  const entry = manifest.embedding.tensors[0]
  const embedding = span.start === 0 && entry != null ? await openEmbedding(`${blobFolder}/${manifest.embedding.cid}`, entry, config.embeddingScale) : undefined
  const isTail = span.end === config.layerCount
  const tables = graph.rope.flatMap(({ cos, sin, shape }) => [cos, sin].map((values) => hostValues(ort, shape, values, kvType)))
  const copies = await deviceCopies(ort, device, session, tables)
  const rope = graph.rope.flatMap((_, variant) => {
    const [cos, sin] = copies.slice(2 * variant)
    return cos === undefined || sin === undefined ? [] : [{ cos, sin }]
  })
  const { hiddenSize, vocabSize } = config
  const executor = spanExecutor({ ort, session, embedding, hiddenSize, outputSize: isTail ? vocabSize : hiddenSize, isTail, skipsHead: device.info.kind === 'cpu', rope, onRun: options.onRun })
  return spanRunner({ ort, session, executor, kind: device.info.kind, kvType, manifest, span, contextLength, options })
}

/** A tensor over memory of its own, filled with `values`. */
function hostValues (ort: OrtLibrary, shape: readonly number[], values: Float32Array, dtype: KvType = 'f32'): Tensor {
  const data = new ArrayBuffer(values.length * kvValueBytes(dtype))
  if (dtype === 'f16') {
    f32ArrayToF16(values, new Uint16Array(data))
  } else {
    new Float32Array(data).set(values)
  }
  return ort.tensor({ dtype, shape, data })
}

interface RunnerInit {
  readonly ort: OrtLibrary
  readonly session: OrtSession
  readonly executor: SpanExecutor
  readonly kind: Device['info']['kind']
  readonly kvType: KvType
  readonly manifest: Manifest
  readonly span: Span
  readonly contextLength: number
  readonly options: LoadOptions
}

function spanRunner ({ ort, session, executor, kind, kvType, manifest, span, contextLength, options }: RunnerInit): SpanRunner {
  const { config } = manifest
  const { hiddenSize, vocabSize, kvHeadCount, headDim } = config
  const isHead = span.start === 0
  const isTail = span.end === config.layerCount
  const onHost = kind === 'cpu'
  const kvBytesPerPosition = 2 * (span.end - span.start) * kvHeadCount * headDim * kvValueBytes(kvType)
  const slots = kvSlots<SlabMemory>({
    contextLength,
    bytesPerPosition: kvBytesPerPosition,
    slots: options.slots ?? DEFAULT_SLOTS,
    kvBytes: options.kvBytes ?? Infinity,
    // WebGPU's buffers are bound whole
    slabSlots: kind === 'webgpu' ? 1 : SLAB_SLOTS,
    movable: onHost,
    allocate: (capacity, count) => slabMemory({ ort, session, span, kvType, shape: [count, kvHeadCount, capacity, headDim], onHost, shared: executor.shared })
  })
  const schedule = scheduler(executor, {
    maxRows: kind === 'webgpu' ? MAX_WEBGPU_ROWS : Infinity,
    maxGap: MAX_GAP,
    // a row without work is written at the slot's next position, where its next step overwrites it
    bridges: (slab, place) => (slab.places[place]?.filled ?? 0) < slab.capacity
  })
  const atWork = new Set<Slot>()

  /** A run in flight may write at the beginning of a place that had no owner when it began. */
  async function copy (from: Slab<SlabMemory>, fromPlace: number, to: Slab<SlabMemory>, toPlace: number, positions: number): Promise<void> {
    await schedule.idle()
    await copyKv(from, fromPlace, to, toPlace, positions, kvHeadCount, headDim)
  }

  return {
    span,
    compute: options.compute,
    hiddenSize,
    vocabSize,
    isHead,
    isTail,
    contextLength,
    ropeVariants: ropeVariants(config.rope),
    weightBytes: spanParts(manifest, span).reduce((sum, part) => sum + loadedBytes(part, options.compute), 0),
    kvBytesPerPosition,
    freeSlots: () => slots.free(),
    kv: () => slots.use(),
    reserve: (positions) => slots.reserve(positions),
    run: async (steps, options = {}) => {
      const works = steps.map(checked)
      await allDone(works.map(async (work) => {
        const { slot, rows, step: { position } } = work
        const letGo = slot.hold()
        atWork.add(slot)
        try {
          if (position + rows > slot.slab.capacity) {
            await slots.grow(slot, position + rows, async (from, fromPlace, to, toPlace) => copy(from, fromPlace, to, toPlace, position))
          }
          await schedule.run(work, options)
        } finally {
          atWork.delete(slot)
          letGo()
        }
      }))
    },
    copy: async (from, to, positions) => {
      if (!onHost) {
        return false
      }
      const [source, target] = [from, to].map((slot) => slot as KvSlot<SlabMemory>) // every Slot comes from `reserve`
      if (source === undefined || target === undefined || positions > source.filled || positions > target.capacity || source.released || target.released) {
        throw new EngineRequestError(`${positions} positions can't be copied from a slot with ${source?.filled ?? 0} to one of ${target?.capacity ?? 0}`)
      }
      const holds = [source.hold(), target.hold()]
      try {
        await slots.grow(target, positions, async () => { /* it is overwritten */ })
        target.filled = positions
        await copy(source.slab, source.place, target.slab, target.place, positions)
      } finally {
        holds.forEach((letGo) => { letGo() })
      }
      return true
    },
    lend: (bytes) => slots.lend(bytes),
    close: async () => {
      await schedule.close(new EngineRequestError('the span is closed'))
      slots.close()
      await executor.close()
    }
  }

  /** Everything that native code would trust. @throws {EngineRequestError} */
  function checked (step: Step): SpanWork {
    const slot = step.slot as KvSlot<SlabMemory> // every Slot comes from `reserve`
    const rows = step.input instanceof Uint32Array ? step.input.length : step.input.length / hiddenSize
    const refuse = (why: string): never => { throw new EngineRequestError(why) }
    if (slot.released) {
      refuse('the slot was released')
    }
    if (atWork.has(slot)) {
      refuse('the slot is at work')
    }
    if (isHead !== (step.input instanceof Uint32Array)) {
      refuse(isHead ? 'a span from layer 0 takes token ids' : 'a span behind layer 0 takes hidden states')
    }
    if (!Number.isInteger(rows) || rows < 1) {
      refuse(`${step.input.length} values are no rows of ${hiddenSize}`)
    }
    if (!Number.isInteger(step.position) || step.position < 0 || step.position > slot.filled) {
      refuse(`position ${step.position} does not follow the ${slot.filled} that are there`)
    }
    if (step.position + rows > slot.capacity) {
      refuse(`positions ${step.position} to ${step.position + rows} exceed the slot's ${slot.capacity}`)
    }
    if (!Number.isInteger(step.ropeVariant ?? 0) || (step.ropeVariant ?? 0) < 0 || (step.ropeVariant ?? 0) >= ropeVariants(config.rope)) {
      refuse(`the model has no rope variant ${step.ropeVariant}`)
    }
    if (!Number.isInteger(step.score) || step.score < 0 || step.score > rows) {
      refuse(`${step.score} of ${rows} rows can't be scored`)
    }
    if (step.input instanceof Uint32Array && step.input.some((id) => id >= vocabSize)) {
      refuse(`a token id is outside the vocabulary of ${vocabSize}`)
    }
    return { slot, rows, step, turns: Math.max(1, step.turns ?? 1), catchesUp: step.catchesUp === true, variant: variantOf(step, isTail) }
  }
}

/** Waits for all, also where one fails: their inputs belong to the caller again. @throws the first failure */
async function allDone (runs: ReadonlyArray<Promise<void>>): Promise<void> {
  const failed = (await Promise.allSettled(runs)).find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    throw failed.reason
  }
}

/** Bytes of a part as a device holds it. */
function loadedBytes ({ tensors, size }: Part, compute: Compute): number {
  return compute === 'fast' ? size : tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 4), 0)
}

import { graphNames, spanGraph, spanParts, type Compute, type Manifest, type Part, type Span } from '../model/index.ts'
import { runQueue, type Device } from './devices/index.ts'
import { openEmbedding, type Embedding } from './embedding.ts'
import { EngineError, EngineRequestError } from './errors.ts'
import { kvSlots, type KvMemory, type KvSlot } from './kv-slots.ts'
import type { Binding, OrtLibrary, OrtSession, Tensor } from './ort/index.ts'
import type { LoadOptions, SpanRunner, SpanSource, Step } from './types.ts'

const DEFAULT_SLOTS = 8
/** KV values are float32. */
const KV_BYTES = 4
/** From 32 rows on, WebGPU's attention takes another path, which gave wrong logits on SwiftShader (ONNX Runtime 1.30, 2026-11-24). */
const MAX_WEBGPU_ROWS = 31

/** A slot's KV on the device, bound once as both past and present, so that runs update it in place. */
interface SlotMemory extends KvMemory {
  readonly binding: Binding
  /** What `hidden` and `output` are bound to, to bind again only where the shape changes. */
  bound: { readonly input: Tensor, readonly output: Tensor } | undefined
}

/** Host memory that a graph reads from or writes to. */
interface HostValues<T> {
  readonly tensor: Tensor
  readonly view: T
}

export interface SpanRunnerComponents {
  readonly ort: OrtLibrary
  readonly device: Device
  readonly threads: number
}

/** Loads a span. @throws {EngineError} @throws {FormatError} */
export async function loadSpan ({ ort, device, threads }: SpanRunnerComponents, source: SpanSource, span: Span, options: LoadOptions): Promise<SpanRunner> {
  const { manifest, blobFolder } = source
  const { config } = manifest
  if (!(Number.isInteger(span.start) && Number.isInteger(span.end) && span.start >= 0 && span.start < span.end && span.end <= config.layerCount)) {
    throw new EngineRequestError(`layers ${span.start}:${span.end} are not within 0:${config.layerCount}`)
  }
  const contextLength = Math.min(options.contextLength ?? config.contextLength, config.contextLength)
  const graph = spanGraph(manifest, span, { compute: options.compute, device: device.info.kind, contextLength })
  const session = await ort.session({
    model: graph.model,
    externalFolder: blobFolder,
    initializers: new Map([...graph.values].map(([name, { shape, values }]) => [name, hostValues(ort, shape, values).tensor])),
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
  const embedding = span.start === 0 && entry != null ? await openEmbedding(`${blobFolder}/${manifest.embedding.cid}`, entry) : undefined
  return spanRunner({ ort, session, embedding, manifest, span, contextLength, options, maxRows: device.info.kind === 'webgpu' ? MAX_WEBGPU_ROWS : Infinity })
}

/** A tensor over memory of its own, filled with `values`. */
function hostValues (ort: OrtLibrary, shape: readonly number[], values: Float32Array): HostValues<Float32Array> {
  const data = new ArrayBuffer(values.byteLength)
  const view = new Float32Array(data)
  view.set(values)
  return { tensor: ort.tensor({ dtype: 'f32', shape, data }), view }
}

interface RunnerInit {
  readonly ort: OrtLibrary
  readonly session: OrtSession
  readonly embedding: Embedding | undefined
  readonly manifest: Manifest
  readonly span: Span
  readonly contextLength: number
  readonly options: LoadOptions
  /** Rows that one run takes. */
  readonly maxRows: number
}

function spanRunner ({ ort, session, embedding, manifest, span, contextLength, options, maxRows }: RunnerInit): SpanRunner {
  const { config } = manifest
  const { hiddenSize, vocabSize } = config
  const isHead = span.start === 0
  const isTail = span.end === config.layerCount
  const kvBytesPerPosition = 2 * (span.end - span.start) * config.kvHeadCount * config.headDim * KV_BYTES
  const slots = kvSlots<SlotMemory>({
    contextLength,
    bytesPerPosition: kvBytesPerPosition,
    slots: options.slots ?? DEFAULT_SLOTS,
    kvBytes: options.kvBytes ?? Infinity,
    allocate: (capacity) => slotMemory(session, span, [1, config.kvHeadCount, capacity, config.headDim], bindShared)
  })
  // one run at a time writes these
  const queue = runQueue()
  const input = rowBuffers(ort, hiddenSize)
  const output = rowBuffers(ort, isTail ? vocabSize : hiddenSize)
  const numbers = (dtype: 'i32' | 'i64', shape: number[]): { tensor: Tensor, data: ArrayBuffer } => {
    const data = new ArrayBuffer(8)
    return { tensor: ort.tensor({ dtype, shape, data }), data }
  }
  const seqlens = numbers('i32', [1])
  const totalLength = numbers('i32', [])
  const scoreStart = numbers('i64', [1])
  const seqlensView = new Int32Array(seqlens.data)
  const totalLengthView = new Int32Array(totalLength.data)
  const scoreStartView = new BigInt64Array(scoreStart.data)
  const runner: SpanRunner = {
    span,
    compute: options.compute,
    hiddenSize,
    vocabSize,
    isHead,
    isTail,
    contextLength,
    weightBytes: spanParts(manifest, span).reduce((sum, part) => sum + loadedBytes(part, options.compute), 0),
    kvBytesPerPosition,
    freeSlots: () => slots.free(),
    reserve: (positions) => slots.reserve(positions),
    run: async (steps, { signal } = {}) => {
      const checked = steps.map((step) => ({ step, ...check(step) }))
      const letGo = checked.map(({ slot }) => slot.hold())
      try {
        await queue.run(async () => {
          for (const { step, slot, rows } of checked) {
            await runStep(step, slot, rows, signal)
          }
        }, signal == null ? {} : { signal })
      } finally {
        letGo.forEach((release) => { release() })
      }
    },
    close: async () => {
      await queue.run(async () => {
        slots.close()
        session.close()
        await embedding?.close()
      })
    }
  }
  return runner

  function bindShared (binding: Binding): void {
    binding.bindInput(graphNames.seqlens, seqlens.tensor)
    binding.bindInput(graphNames.totalLength, totalLength.tensor)
    if (isTail) {
      binding.bindInput(graphNames.scoreStart, scoreStart.tensor)
    }
  }

  async function runStep (step: Step, slot: KvSlot<SlotMemory>, rows: number, signal: AbortSignal | undefined | null): Promise<void> {
    if (rows <= maxRows) {
      step.consume(await runRows(step, slot, 0, rows, isTail ? step.score : rows, signal))
      return
    }
    // parts of nearly the same size: none of a single row
    const parts = Math.ceil(rows / maxRows)
    const outputs: Float32Array[] = []
    for (let part = 0; part < parts; part++) {
      const [first, end] = [Math.floor(part * rows / parts), Math.floor((part + 1) * rows / parts)]
      const wanted = isTail ? Math.max(0, end - Math.max(first, rows - step.score)) : end - first
      outputs.push((await runRows(step, slot, first, end, wanted, signal)).slice())
    }
    const whole = new Float32Array(outputs.reduce((sum, { length }) => sum + length, 0))
    outputs.reduce((at, values) => {
      whole.set(values, at)
      return at + values.length
    }, 0)
    step.consume(whole)
  }

  /** Runs rows `[first, end)` of a step. @returns a view on what the last `wanted` of them gave, valid until the next run */
  async function runRows (step: Step, slot: KvSlot<SlotMemory>, first: number, end: number, wanted: number, signal: AbortSignal | undefined | null): Promise<Float32Array> {
    const rows = end - first
    const hidden = input(rows)
    // Without a row to score one is computed all the same: a product of no rows is not every kernel's strength.
    const scored = Math.max(1, wanted)
    const out = output(scored)
    if (step.input instanceof Uint32Array) {
      const reading = embedding?.lookUp(step.input.subarray(first, end), hidden.view)
      if (reading != null) {
        await reading
      }
    } else {
      hidden.view.set(step.input.subarray(first * hiddenSize, end * hiddenSize))
    }
    const { memory } = slot
    if (memory.bound?.input !== hidden.tensor || memory.bound.output !== out.tensor) {
      memory.binding.bindInput(graphNames.hidden, hidden.tensor)
      memory.binding.bindOutput(graphNames.output, out.tensor)
      memory.bound = { input: hidden.tensor, output: out.tensor }
    }
    const position = step.position + first
    seqlensView[0] = position + rows - 1
    totalLengthView[0] = position + rows
    scoreStartView[0] = BigInt(rows - scored)
    // What lies behind the first row is overwritten even where the run fails.
    slot.filled = position
    await session.run(memory.binding, signal == null ? {} : { signal })
    slot.filled = position + rows
    return wanted === 0 ? out.view.subarray(0, 0) : out.view
  }

  /** Everything that native code would trust. @throws {EngineRequestError} */
  function check (step: Step): { slot: KvSlot<SlotMemory>, rows: number } {
    const slot = step.slot as KvSlot<SlotMemory> // every Slot comes from `reserve`
    const rows = step.input instanceof Uint32Array ? step.input.length : step.input.length / hiddenSize
    const refuse = (why: string): never => { throw new EngineRequestError(why) }
    if (slot.released) {
      refuse('the slot was released')
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
    if (!Number.isInteger(step.score) || step.score < 0 || step.score > rows) {
      refuse(`${step.score} of ${rows} rows can't be scored`)
    }
    if (step.input instanceof Uint32Array && step.input.some((id) => id >= vocabSize)) {
      refuse(`a token id is outside the vocabulary of ${vocabSize}`)
    }
    return { slot, rows }
  }
}

function slotMemory (session: OrtSession, span: Span, shape: readonly number[], bindShared: (binding: Binding) => void): SlotMemory {
  const tensors: Tensor[] = []
  const binding = session.binding()
  try {
    for (let layer = span.start; layer < span.end; layer++) {
      for (const side of ['key', 'value'] as const) {
        const tensor = session.deviceTensor('f32', shape)
        tensors.push(tensor)
        const { past, present } = graphNames.kv(layer, side)
        binding.bindInput(past, tensor)
        binding.bindOutput(present, tensor)
      }
    }
    bindShared(binding)
  } catch (error) {
    binding.close()
    tensors.forEach((tensor) => { tensor.close() })
    throw error instanceof EngineError ? error : new EngineError('no memory for a session\'s KV', { cause: error })
  }
  return {
    binding,
    bound: undefined,
    free: () => {
      binding.close()
      tensors.forEach((tensor) => { tensor.close() })
    }
  }
}

/** Tensors `[1, rows, columns]`: the one for a single row stays, of the others the last one used. */
function rowBuffers (ort: OrtLibrary, columns: number): (rows: number) => HostValues<Float32Array> {
  const make = (rows: number): HostValues<Float32Array> & { readonly rows: number } => {
    const data = new ArrayBuffer(rows * columns * 4)
    return { rows, tensor: ort.tensor({ dtype: 'f32', shape: [1, rows, columns], data }), view: new Float32Array(data) }
  }
  const single = make(1)
  let last = single
  return (rows) => {
    if (rows === 1) {
      return single
    }
    if (last.rows !== rows) {
      last = make(rows)
    }
    return last
  }
}

/** Bytes of a part as a device holds it. */
function loadedBytes ({ tensors, size }: Part, compute: Compute): number {
  return compute === 'fast' ? size : tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 4), 0)
}

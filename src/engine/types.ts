import type { Compute, KvType, Manifest, Span } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** `auto` picks CUDA, then WebGPU on a real adapter, then CPU. */
export type DeviceName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | `cuda:${number}`

export interface DeviceInfo {
  readonly kind: 'cpu' | 'webgpu' | 'cuda'
  /** What a person recognises: `AMD EPYC 7B13`, `NVIDIA GeForce RTX 4090`. */
  readonly label: string
  /** Bytes that the device has, and that are free for weights and KV. */
  readonly memoryBytes: number
  readonly freeBytes: number
}

export interface EngineInit {
  readonly device?: DeviceName
  /** Threads inside one operator. @default the machine's physical cores */
  readonly threads?: number
  /** What keys and values are kept in. @default float16 in `fast` where that pays on the device, else float32 */
  readonly kvType?: KvType
  /** Whether a row that would be multiplied alone by 4-bit weights gets company. @default found by running: where its bits would differ otherwise */
  readonly pairsRows?: boolean
}

/** A model's blobs as the engine finds them: mapped as external data, never read through JavaScript on the token path. */
export interface SpanSource {
  readonly manifest: Manifest
  /** Folder that holds every blob of the span under its CID as file name. */
  readonly blobFolder: string
}

export interface LoadOptions extends AbortOptions {
  readonly compute: Compute
  /** Upper bound of positions a session may hold. @default the model's context length */
  readonly contextLength?: number
  /** Upper bound of sessions that hold KV at once. @default 8 */
  readonly slots?: number
  /** Upper bound of KV bytes on the device. */
  readonly kvBytes?: number
  /** Called after each run of the device, with the sessions and rows in it. */
  onRun? (sessions: number, rows: number, ms: number): void
  onProgress? (done: number, total: number): void
}

/** One device with ONNX Runtime behind it. */
export interface Engine {
  readonly device: DeviceInfo
  /** What keys and values of a span are kept in. */
  kvType (compute: Compute): KvType
  /** ONNX Runtime version, provider, instruction set, compute, type of the KV: what has to be equal for bit-identical results. */
  numericClass (compute: Compute): string
  /** Builds the span's graph and loads its weights. @throws {UnsupportedModelError} @throws {EngineError} */
  load (source: SpanSource, span: Span, options: LoadOptions): Promise<SpanRunner>
  close (): Promise<void>
}

/** Reserved KV for one session. */
export interface Slot {
  /** Positions it can hold, at least what was asked for. */
  readonly capacity: number
  /** Positions that hold something. */
  readonly filled: number
  /** Idempotent. A slot in use by a run is freed when that run ends. */
  release (): void
  /** Keeps what it holds, without counting as a session, until its memory is needed: then it is released, and `evicted` called. */
  park (evicted: () => void): void
  /** Makes a parked slot a session's again. False where it was released meanwhile, or all slots are taken. */
  resume (): boolean
}

/** One piece of work for one session. */
export interface Step {
  readonly slot: Slot
  /** Position of the first row. Everything at or behind it is overwritten; everything before it has to be there. */
  readonly position: number
  /** Token ids on a span that starts at layer 0, else hidden states `[rows, hidden]`, row-major. */
  readonly input: Uint32Array | Float32Array
  /** Trailing rows that something is wanted of; ignored on a span that does not end the model. */
  readonly score: number
  /** What of them, on a span that ends the model: `hidden` stands for hidden states behind its last norm. @default logits */
  readonly wants?: 'logits' | 'hidden'
  /** Spans that the session's rows pass one after another, this one among them: each takes its share of the sessions. @default 1 */
  readonly turns?: number
  /** Nobody gets anything for these rows, but somebody waits for the end of many such: they go before others. @default false */
  readonly catchesUp?: boolean
  /** Of the model's rotations; the same for all steps of a session. @default 0 */
  readonly ropeVariant?: number
  /**
   * Called once, synchronously, when the rows are done: hidden states `[rows, hidden]`, or on a span that ends the model
   * logits `[score, vocab]` or hidden states `[score, hidden]`. The view is valid only during the call: it belongs to the engine.
   */
  consume (output: Float32Array): void
  /** Called after each run that the step was part of, before `consume`: how long the device took for it, with others' rows in it. */
  ran? (ms: number): void
}

/** How much of its KV a span has given to sessions. Bytes count what each reserved; Infinity: no bound. */
export interface KvUse {
  readonly slots: number
  readonly usedSlots: number
  readonly bytes: number
  readonly usedBytes: number
}

/** A loaded span. Work is scheduled; one run is in flight a device. */
export interface SpanRunner {
  readonly span: Span
  readonly compute: Compute
  readonly hiddenSize: number
  readonly vocabSize: number
  readonly isHead: boolean
  readonly isTail: boolean
  readonly contextLength: number
  /** How many rotations the model has: see `ModelConfig.rope`. */
  readonly ropeVariants: number
  readonly weightBytes: number
  readonly kvBytesPerPosition: number
  /** Free slots by capacity class. */
  freeSlots (): Readonly<Record<number, number>>
  kv (): KvUse
  /** @throws {NoCapacityError} now, though perhaps not later. @throws {ContextLengthError} never on this node. */
  reserve (positions: number): Slot
  /**
   * Runs the steps, each of another slot. Single-row steps of whoever waits run as one batch where the device can, long
   * ones in chunks between them. Shapes, ids and positions are checked before anything reaches native code.
   * @throws {EngineRequestError} for a wrong step, nothing ran. @throws the signal's reason
   */
  run (steps: readonly Step[], options?: AbortOptions): Promise<void>
  /**
   * Copies the first positions of a slot into another, which then goes on from there; neither may be at work below them.
   * False, and nothing happens, where the device's memory can't be copied. @throws {EngineRequestError}
   */
  copy (from: Slot, to: Slot, positions: number): Promise<boolean>
  /** Takes bytes out of what KV may use, for something else on the device. @returns the way to give them back @throws {NoCapacityError} */
  lend (bytes: number): () => void
  close (): Promise<void>
}

import type { CoordinatorModel } from '../../../src/pipeline/index.ts'
import type { Slot, SpanRunner } from '../../../src/engine/index.ts'
import type { Part, Span } from '../../../src/model/index.ts'

export const HIDDEN = 4
export const VOCAB = 64
export const LAYERS = 6
export const CONTEXT = 256
/** Small enough that all numbers stay exact, in float16 too. */
const MODULUS = 1021

/** Runners count and fail as a test wants. */
export interface FakeRunner extends SpanRunner {
  readonly reserved: number
  readonly runs: Array<{ readonly position: number, readonly rows: number, readonly score: number, readonly catchesUp?: boolean }>
  /** Called before each run. */
  before: (position: number) => Promise<void> | void
  /** Changes what comes out. */
  after: (output: Float32Array, position: number) => void
  /** What each run takes on the device, ms. */
  ranMs: number
  /** What `reserve` throws, if anything. */
  refusal: Error | undefined
}

/**
 * A model of whole numbers whose every layer mixes a row with all rows before it: a wrong order, a wrong position, a hole
 * or a stale row in the KV changes every token that follows.
 */
export function fakeRunner (span: Span, { slots = 4, compute = 'fast' as const, context = CONTEXT } = {}): FakeRunner {
  const isHead = span.start === 0
  const isTail = span.end === LAYERS
  const caches = new WeakMap<Slot, number[][][]>()
  let reserved = 0

  const runner: FakeRunner = {
    span,
    compute,
    hiddenSize: HIDDEN,
    vocabSize: VOCAB,
    isHead,
    isTail,
    contextLength: context,
    ropeVariants: 1,
    weightBytes: 0,
    kvBytesPerPosition: 1,
    runs: [],
    ranMs: 0,
    refusal: undefined,
    before () { /* at once */ },
    after () { /* as it is */ },
    get reserved () { return reserved },
    freeSlots: () => ({ [context]: slots - reserved }),
    kv: () => ({ slots, usedSlots: reserved, bytes: Infinity, usedBytes: reserved * context }),
    reserve (positions) {
      if (runner.refusal !== undefined) throw runner.refusal
      if (positions > context) throw Object.assign(new Error('too long'), { name: 'ContextLengthError' })
      if (reserved >= slots) throw Object.assign(new Error('no slot is free'), { name: 'NoCapacityError' })
      reserved++
      let held = true
      const slot: Slot = {
        capacity: positions,
        get filled () { return caches.get(slot)?.[0]?.length ?? 0 },
        release () {
          if (held) reserved--
          held = false
        },
        park () {
          if (held) reserved--
          held = false
        },
        resume () {
          if (!held) reserved++
          held = true
          return true
        }
      }
      caches.set(slot, Array.from({ length: span.end - span.start }, () => []))
      return slot
    },
    copy (from, to, count) {
      caches.set(to, (caches.get(from) ?? []).map((rows) => rows.slice(0, count)))
      return Promise.resolve(true)
    },
    async run (steps, options) {
      for (const { slot, position, input, score, catchesUp = false, wants, consume, ran } of steps) {
        await runner.before(position)
        options?.signal?.throwIfAborted()
        const cache = caches.get(slot)
        if (cache === undefined) throw new Error('not a slot of this runner')
        const rows = isHead ? input.length : input.length / HIDDEN
        runner.runs.push({ position, rows, score, catchesUp })
        const outputs: number[][] = []
        for (let row = 0; row < rows; row++) {
          let values = isHead ? embed(input[row] ?? -1) : Array.from(input.subarray(row * HIDDEN, (row + 1) * HIDDEN))
          for (const [layer, kv] of cache.entries()) {
            const at = position + row
            if (at > kv.length) throw new Error(`a hole before position ${at}`)
            kv.splice(at)
            kv.push(values)
            values = values.map((value, index) => {
              const history = kv.reduce((sum, earlier, p) => (sum + (earlier[index] ?? 0) * (p + 1)) % MODULUS, 0)
              return (value * 31 + (values[(index + 1) % HIDDEN] ?? 0) * 17 + (span.start + layer) * 7 + at * 13 + history) % MODULUS
            })
          }
          outputs.push(values)
        }
        const wanted = isTail ? outputs.slice(rows - score).flatMap(wants === 'hidden' ? (values) => values : logits) : outputs.flat()
        const output = Float32Array.from(wanted)
        runner.after(output, position)
        ran?.(runner.ranMs)
        consume(output)
        output.fill(NaN) // the view is the engine's again
      }
    },
    lend: () => () => undefined,
    close: () => Promise.resolve()
  }
  return runner
}

const embed = (id: number): number[] => Array.from({ length: HIDDEN }, (_, index) => (id * (index + 3) + index) % MODULUS)

const logits = (values: number[]): number[] => Array.from({ length: VOCAB }, (_, id) =>
  values.reduce((sum, value, index) => (sum * 37 + value * (index + 1) * (id + 1) + id * 101) % 9973, 0) / 1000)

/** What one node alone would answer, greedily: the yardstick for every split. */
export async function greedy (promptIds: readonly number[], maxTokens: number): Promise<number[]> {
  const runner = fakeRunner({ start: 0, end: LAYERS })
  const slot = runner.reserve(CONTEXT)
  const tokens: number[] = []
  let input = Uint32Array.from(promptIds)
  for (let position = 0; tokens.length < maxTokens; position += input.length, input = Uint32Array.of(tokens.at(-1) ?? 0)) {
    await runner.run([{ slot, position, input, score: 1, consume (output) { tokens.push(output.indexOf(Math.max(...output))) } }])
  }
  return tokens
}

/** Hidden states of a prompt behind the last layer, as one node alone has them. */
export async function hiddenStates (ids: readonly number[]): Promise<number[][]> {
  const runner = fakeRunner({ start: 0, end: LAYERS })
  let made: number[] = []
  await runner.run([{ slot: runner.reserve(CONTEXT), position: 0, input: Uint32Array.from(ids), score: ids.length, wants: 'hidden', consume (output) { made = Array.from(output) } }])
  return ids.map((_, row) => made.slice(row * HIDDEN, (row + 1) * HIDDEN))
}

const part: Part = { cid: 'none', size: 0, pieceSize: 1 << 20, pieces: 'none', tensors: [] }

/** Token `id` is the character 64 characters from `!` on; token 63 is the first half of `é`, and 62 its second. */
export const textOf = (id: number): string => String.fromCharCode(33 + id)

export function fakeModel (eosTokenIds: number[] = [], contextLength = CONTEXT): CoordinatorModel {
  return {
    manifest: {
      layout: 2,
      quantization: 'f32',
      config: {
        architecture: 'fake', hiddenSize: HIDDEN, intermediateSize: 1, layerCount: LAYERS, headCount: 1, kvHeadCount: 1, headDim: 1, vocabSize: VOCAB,
        contextLength, normEpsilon: 1, rope: { theta: 1, dimensions: 1, scaling: { type: 'none' } }, slidingWindow: [], tiedEmbedding: false, eosTokenIds
      },
      tokenizer: part,
      embedding: part,
      layers: Array.from({ length: LAYERS }, () => part),
      head: part
    },
    tokenizer: {
      vocabSize: VOCAB,
      eosTokenIds,
      encode: (text) => Array.from(text, (character) => character.charCodeAt(0) - 33),
      encodeChat: (messages) => messages.flatMap(({ content }) => Array.from(content, (character) => character.charCodeAt(0) - 33)),
      decode: (ids) => ids.map(textOf).join(''),
      tokenText: textOf,
      decoder: () => ({ push: textOf, flush: () => '' }),
      calls: { marker: '<', open: '', close: '>', isList: false, key: 'arguments', isDescribed: true, tokens: [] },
      tokenBytes: (id) => new TextEncoder().encode(textOf(id)),
      specialIds: () => []
    }
  }
}

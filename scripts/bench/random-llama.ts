/** A Llama of random weights, the same for a seed on every machine: a shape to measure with, not to talk to. */
import { createCipheriv, createHash } from 'node:crypto'
import { tensorBytes, type GgufTensor, type MetadataValue } from './gguf-writer.ts'

export interface LlamaShape {
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layerCount: number
  readonly headCount: number
  readonly kvHeadCount: number
  readonly vocabSize: number
  readonly contextLength: number
}

/** 246 million parameters. */
export const shape246m: LlamaShape = { hiddenSize: 1024, intermediateSize: 2816, layerCount: 16, headCount: 16, kvHeadCount: 4, vocabSize: 32_000, contextLength: 4096 }

const BYTES = 256
const CONTROL = ['<|begin|>', '<|end|>'] as const
const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz')
/** `tokenizer.ggml.token_type`. */
const NORMAL = 1
const CONTROL_TYPE = 3
/** Tokens before this are bytes and controls; those behind are words of letters. */
export const FIRST_WORD = BYTES + CONTROL.length

/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the rest for letters from U+0100 on. */
function byteLetters (): string[] {
  const isPrintable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  let next = BYTES
  return Array.from({ length: BYTES }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++))
}

/** Bytes, two control tokens, then made-up words: every pair of letters, every three, and fours until it is full. */
export function vocabulary (size: number): { readonly tokens: readonly string[], readonly merges: readonly string[] } {
  const tokens: string[] = [...byteLetters(), ...CONTROL]
  const merges: string[] = []
  for (let words = LETTERS; tokens.length < size;) {
    const longer: string[] = []
    for (const word of words) {
      for (const letter of LETTERS) {
        if (tokens.length === size) return { tokens, merges }
        tokens.push(word + letter)
        longer.push(word + letter)
        merges.push(`${word} ${letter}`)
      }
    }
    words = longer
  }
  return { tokens, merges }
}

/** A keystream: quick, and the same everywhere. */
function randomBytes (seed: number, name: string, length: number): Buffer {
  const key = createHash('sha256').update(`${seed} ${name}`).digest()
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32)).update(Buffer.alloc(length))
}

/** Nibbles from −8 to 7 have this deviation; a product over `n` of them grows by its root. */
const NIBBLE_DEVIATION = 4.6

/** Blocks of Q4_0 with one scale for all of them: the power of two that comes nearest to `gain` for inputs of deviation 1. */
function q40 (seed: number, name: string, shape: readonly number[], gain: number, zeroRows = 0): GgufTensor {
  const columns = shape.at(-1) ?? 1
  const exponent = Math.round(Math.log2(gain / (NIBBLE_DEVIATION * Math.sqrt(columns))))
  return {
    name,
    shape,
    type: 'Q4_0',
    bytes: () => {
      const bytes = randomBytes(seed, name, tensorBytes({ shape, type: 'Q4_0' }))
      const zeroBytes = zeroRows * columns / 32 * 18
      // a power of two as a 16-bit float has its exponent only
      for (let at = 0; at < bytes.length; at += 18) bytes.writeUInt16LE(at < zeroBytes ? 0 : (exponent + 15) << 10, at)
      return bytes
    }
  }
}

const ones = (name: string, length: number): GgufTensor => ({
  name,
  shape: [length],
  type: 'F32',
  bytes: () => new Uint8Array(new Float32Array(length).fill(1).buffer)
})

/** Everything that a GGUF file of it holds. */
export function randomLlama (shape: LlamaShape, seed: number): { readonly metadata: Record<string, MetadataValue>, readonly tensors: readonly GgufTensor[] } {
  const { hiddenSize, intermediateSize, layerCount, headCount, kvHeadCount, vocabSize, contextLength } = shape
  const headDim = hiddenSize / headCount
  const { tokens, merges } = vocabulary(vocabSize)
  const begin = BYTES
  const end = BYTES + 1
  // what goes back into the residual is small, so that the sum stays in range
  const residual = 0.25
  const matrix = (name: string, rows: number, columns: number, gain: number): GgufTensor => q40(seed, name, [rows, columns], gain)
  const layers = Array.from({ length: layerCount }, (_, index) => {
    const layer = `blk.${index}`
    return [
      ones(`${layer}.attn_norm.weight`, hiddenSize),
      matrix(`${layer}.attn_q.weight`, hiddenSize, hiddenSize, 1),
      matrix(`${layer}.attn_k.weight`, kvHeadCount * headDim, hiddenSize, 1),
      matrix(`${layer}.attn_v.weight`, kvHeadCount * headDim, hiddenSize, 1),
      matrix(`${layer}.attn_output.weight`, hiddenSize, hiddenSize, residual),
      ones(`${layer}.ffn_norm.weight`, hiddenSize),
      matrix(`${layer}.ffn_gate.weight`, intermediateSize, hiddenSize, 1),
      matrix(`${layer}.ffn_up.weight`, intermediateSize, hiddenSize, 1),
      matrix(`${layer}.ffn_down.weight`, hiddenSize, intermediateSize, residual)
    ]
  })
  return {
    metadata: {
      'general.architecture': 'llama',
      'general.name': 'random llama',
      'general.file_type': { u32: 2 },
      'llama.block_count': { u32: layerCount },
      'llama.context_length': { u32: contextLength },
      'llama.embedding_length': { u32: hiddenSize },
      'llama.feed_forward_length': { u32: intermediateSize },
      'llama.attention.head_count': { u32: headCount },
      'llama.attention.head_count_kv': { u32: kvHeadCount },
      'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 },
      'llama.rope.dimension_count': { u32: headDim },
      'llama.rope.freq_base': { f32: 10_000 },
      'llama.vocab_size': { u32: vocabSize },
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': { i32s: tokens.map((_, id) => (id === begin || id === end ? CONTROL_TYPE : NORMAL)) },
      'tokenizer.ggml.merges': merges,
      'tokenizer.ggml.bos_token_id': { u32: begin },
      'tokenizer.ggml.eos_token_id': { u32: end }
    },
    tensors: [
      q40(seed, 'token_embd.weight', [vocabSize, hiddenSize], 32),
      ...layers.flat(),
      ones('output_norm.weight', hiddenSize),
      // single bytes and controls have no weight, so none of them is ever the best: every token of an answer is text of its own
      q40(seed, 'output.weight', [vocabSize, hiddenSize], 1, FIRST_WORD)
    ]
  }
}

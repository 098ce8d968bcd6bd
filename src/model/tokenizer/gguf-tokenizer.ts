import { FormatError, UnsupportedModelError } from '../errors.ts'
import type { TokenizerData } from './tokenizer-data.ts'
import type { GgufFile } from '../formats/gguf.ts'

const byteLevel = (regex: boolean): object => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: regex })
const split = (regex: string): object => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false })
const sequence = (...pretokenizers: object[]): object => ({ type: 'Sequence', pretokenizers })

/** Words, with their leading space or punctuation; numbers in runs of at most `digits`; punctuation; line ends; spaces. */
const words = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

interface PreTokenizer {
  readonly split: object
  readonly normalizer?: object
  /** Words that are in the vocabulary as a whole are not merged step by step. */
  readonly ignoreMerges?: boolean
}

const gpt2: PreTokenizer = { split: byteLevel(true) }
const digitsFirst: PreTokenizer = { split: sequence(split('\\p{N}'), byteLevel(true)) }
const llama3: PreTokenizer = { split: sequence(split(words('{1,3}')), byteLevel(false)), ignoreMerges: true }
const qwen2: PreTokenizer = { split: sequence(split(words('')), byteLevel(false)), normalizer: { type: 'NFC' } }

/** `tokenizer.ggml.pre`: how text is cut before merging. */
const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': gpt2,
  smollm: digitsFirst,
  starcoder: digitsFirst,
  refact: digitsFirst,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  qwen2,
  'deepseek-r1-qwen': qwen2
}

/** Token types of `tokenizer.ggml.token_type`. */
const CONTROL = 3
const USER_DEFINED = 4

/** Makes a tokenizer.json of a GGUF file's vocabulary and merges. @throws {UnsupportedModelError} for a kind that is not known, by name */
export function tokenizerFromGguf ({ metadata }: GgufFile, vocabSize: number, eosTokenIds: readonly number[]): TokenizerData {
  const kind = metadata.get('tokenizer.ggml.model')
  if (kind !== 'gpt2') {
    throw new UnsupportedModelError(`the GGUF tokenizer ${JSON.stringify(kind ?? 'none')} is not supported yet; supported is gpt2 (byte-level BPE). Import the model from its Hugging Face folder`)
  }
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2'
  const preTokenizer = typeof pre === 'string' ? preTokenizers[pre] : undefined
  if (preTokenizer == null) {
    throw new UnsupportedModelError(`the GGUF pre-tokenizer ${JSON.stringify(pre)} is not supported yet; supported are ${Object.keys(preTokenizers).join(', ')}`)
  }
  const tokens = strings(metadata.get('tokenizer.ggml.tokens'), 'tokenizer.ggml.tokens')
  const types = metadata.get('tokenizer.ggml.token_type')
  const typeOf = (id: number): unknown => Array.isArray(types) ? types[id] : 1
  const specialTokens: Record<string, string> = {}
  for (const [name, key] of [['bos_token', 'bos'], ['eos_token', 'eos'], ['unk_token', 'unknown'], ['pad_token', 'padding']] as const) {
    const id = metadata.get(`tokenizer.ggml.${key}_token_id`)
    const token = typeof id === 'number' ? tokens[id] : undefined
    if (token != null) {
      specialTokens[name] = token
    }
  }
  const template = metadata.get('tokenizer.chat_template')
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: tokens.flatMap((content, id) => {
        const type = typeOf(id)
        return type === CONTROL || type === USER_DEFINED
          ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: type === CONTROL }]
          : []
      }),
      normalizer: preTokenizer.normalizer ?? null,
      pre_tokenizer: preTokenizer.split,
      post_processor: null,
      decoder: byteLevel(true),
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: preTokenizer.ignoreMerges ?? false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: strings(metadata.get('tokenizer.ggml.merges'), 'tokenizer.ggml.merges').map((merge) => {
          // the separator is the first space that is not the first character
          const at = merge.indexOf(' ', 1)
          if (at < 0) {
            throw new FormatError('a merge in tokenizer.ggml.merges is no pair of tokens')
          }
          return [merge.slice(0, at), merge.slice(at + 1)]
        })
      }
    },
    chatTemplate: typeof template === 'string' ? template : null,
    specialTokens,
    vocabSize,
    eosTokenIds: [...eosTokenIds]
  }
}

function strings (value: unknown, key: string): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new FormatError(`${key} in the GGUF metadata is no list of strings`)
  }
  return value
}

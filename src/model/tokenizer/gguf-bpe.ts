import { FormatError, UnsupportedModelError } from '../errors.ts'
import { strings, type GgufVocabulary } from './gguf-vocabulary.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { TokenizerData } from './tokenizer-data.ts'

const byteLevel = (regex: boolean): object => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: regex })
const split = (regex: string): object => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false })
const sequence = (...pretokenizers: object[]): object => ({ type: 'Sequence', pretokenizers })

const CONTRACTION = '(?i:\'s|\'t|\'re|\'ve|\'m|\'ll|\'d)'
const BEFORE_WORD = '[^\\r\\n\\p{L}\\p{N}]?'
const [UPPER, LOWER] = ['[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]', '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]']
/** Line ends by themselves, spaces up to the last before a word, other spaces. */
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

/** Words, with their leading space or punctuation; numbers in runs of at most `digits`; punctuation; line ends; spaces. */
const words = (digits: string): string => `${CONTRACTION}|${BEFORE_WORD}\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`

/** As `words`, but a word also ends where a capital follows a small letter. `ending` belongs to the word before it. */
const casedWords = (digits: string, ending: string): string =>
  `${BEFORE_WORD}${UPPER}*${LOWER}+${ending}|${BEFORE_WORD}${UPPER}+${LOWER}*${ending}|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`

interface PreTokenizer {
  readonly split: object
  readonly normalizer?: object
  /** Words that are in the vocabulary as a whole are not merged step by step. */
  readonly ignoreMerges?: boolean
  /** A text begins with the first token where the file does not say. */
  readonly addsFirst?: boolean
}

const gpt2: PreTokenizer = { split: byteLevel(true) }
const digitsFirst: PreTokenizer = { split: sequence(split('\\p{N}'), byteLevel(true)) }
const dbrx: PreTokenizer = { split: sequence(split(words('{1,3}')), byteLevel(false)) }
const llama3: PreTokenizer = { ...dbrx, ignoreMerges: true, addsFirst: true }
const qwen2: PreTokenizer = { split: sequence(split(words('')), byteLevel(false)), normalizer: { type: 'NFC' } }
const gpt4o: PreTokenizer = { split: sequence(split(casedWords('{1,3}', `${CONTRACTION}?`)), byteLevel(false)) }

/** `tokenizer.ggml.pre`: how text is cut before merging, by the models' own tokenizer.json (which llama.cpp names in llama-vocab.cpp). */
const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': gpt2,
  'phi-2': gpt2,
  olmo: { ...gpt2, normalizer: { type: 'NFC' } },
  smollm: digitsFirst,
  starcoder: digitsFirst,
  // Granite
  refact: digitsFirst,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  // SmolLM3: Llama 3's vocabulary without its first token
  'smaug-bpe': { ...llama3, addsFirst: false },
  // OLMo 2, Phi-4, Granite 4
  dbrx,
  qwen2,
  'deepseek-r1-qwen': qwen2,
  // gpt-oss, Phi-4-mini
  'gpt-4o': gpt4o,
  tekken: { split: sequence(split(casedWords('', '')), byteLevel(false)), ignoreMerges: true, addsFirst: true }
}

/** A vocabulary of byte-level byte-pair encoding with its merges. @throws {FormatError} @throws {UnsupportedModelError} for a way of cutting that is not known, by name */
export function bpeTokenizer ({ metadata }: GgufFile, vocabulary: GgufVocabulary): TokenizerData['tokenizer'] {
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2'
  const preTokenizer = typeof pre === 'string' && Object.hasOwn(preTokenizers, pre) ? preTokenizers[pre] : undefined
  if (preTokenizer == null) {
    throw new UnsupportedModelError(`the GGUF pre-tokenizer ${JSON.stringify(pre)} is not supported yet; supported are ${Object.keys(preTokenizers).join(', ')}`)
  }
  return {
    version: '1.0',
    added_tokens: [...vocabulary.added],
    normalizer: preTokenizer.normalizer ?? null,
    pre_tokenizer: preTokenizer.split,
    post_processor: vocabulary.postProcessor(preTokenizer.addsFirst ?? false),
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
      vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
      merges: strings(metadata.get('tokenizer.ggml.merges'), 'tokenizer.ggml.merges').map((merge) => {
        // the separator is the first space that is not the first character
        const at = merge.indexOf(' ', 1)
        if (at < 0) {
          throw new FormatError('a merge in tokenizer.ggml.merges is no pair of tokens')
        }
        return [merge.slice(0, at), merge.slice(at + 1)]
      })
    }
  }
}

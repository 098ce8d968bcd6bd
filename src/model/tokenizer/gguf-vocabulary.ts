import { FormatError } from '../errors.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** `tokenizer.ggml.token_type`. */
export const TokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** The vocabulary of a GGUF file, whatever cuts text into it. */
export interface GgufVocabulary {
  readonly tokens: readonly string[]
  typeOf (id: number): number
  /** By the names that chat templates use. */
  readonly specialTokens: Readonly<Record<string, string>>
  /** As tokenizer.json has them: tokens that are found in a text before anything else, special ones and others. */
  readonly added: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly id: number, readonly content: string, readonly special: boolean }>
  readonly chatTemplate: string | null
  /** tokenizer.json's step that puts the first token before a text, where there is one. */
  postProcessor (byDefault: boolean): object | null
}

/** @throws {FormatError} */
export function ggufVocabulary ({ metadata }: GgufFile): GgufVocabulary {
  const tokens = strings(metadata.get('tokenizer.ggml.tokens'), 'tokenizer.ggml.tokens')
  const types = metadata.get('tokenizer.ggml.token_type')
  const typeOf = (id: number): number => {
    const type: unknown = Array.isArray(types) ? types[id] : TokenType.normal
    return typeof type === 'number' ? type : TokenType.normal
  }
  const idOf = (key: string): number | undefined => {
    const id = metadata.get(`tokenizer.ggml.${key}_token_id`)
    return typeof id === 'number' && tokens[id] != null ? id : undefined
  }
  const specialTokens: Record<string, string> = {}
  for (const [name, key] of [['bos_token', 'bos'], ['eos_token', 'eos'], ['unk_token', 'unknown'], ['pad_token', 'padding']] as const) {
    const token = tokens[idOf(key) ?? -1]
    if (token != null) {
      specialTokens[name] = token
    }
  }
  const template = metadata.get('tokenizer.chat_template')
  return {
    tokens,
    typeOf,
    specialTokens,
    added: tokens.flatMap((content, id) => {
      const type = typeOf(id)
      return type === TokenType.control || type === TokenType.userDefined
        ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: type === TokenType.control }]
        : []
    }),
    chatTemplate: typeof template === 'string' ? template : null,
    postProcessor: (byDefault) => {
      const adds = metadata.get('tokenizer.ggml.add_bos_token') ?? byDefault
      const id = idOf('bos')
      const token = tokens[id ?? -1]
      if (adds !== true || id == null || token == null) {
        return null
      }
      const [first, text] = [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }]
      return { type: 'TemplateProcessing', single: [first, text], pair: [first, text, { Sequence: { id: 'B', type_id: 1 } }], special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } } }
    }
  }
}

/** What ends a turn of a conversation; files name one or two ends of text, and not always these. */
const TURN_ENDS = ['<|eot_id|>', '<|im_end|>', '<end_of_turn>', '<|end|>']
/** In gpt-oss's format `<|end|>` ends a message of several. */
const [RETURN, CALL] = ['<|return|>', '<|call|>']

/** Ids of control tokens that end a text by what they are called. */
export function textEnds ({ metadata }: GgufFile): number[] {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  const types = metadata.get('tokenizer.ggml.token_type')
  if (!Array.isArray(tokens) || !Array.isArray(types)) {
    return []
  }
  const ids = (names: readonly string[]): number[] => names.map((name) => tokens.indexOf(name)).filter((id) => types[id] === TokenType.control || types[id] === TokenType.userDefined)
  const inMessages = ids([RETURN, CALL])
  return inMessages.length === 2 ? inMessages : ids(TURN_ENDS)
}

export function strings (value: unknown, key: string): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new FormatError(`${key} in the GGUF metadata is no list of strings`)
  }
  return value
}

/** What both kinds of vocabulary put into a model's tokenizer part. */
export const tokenizerData = (tokenizer: TokenizerData['tokenizer'], { chatTemplate, specialTokens }: GgufVocabulary, vocabSize: number, eosTokenIds: readonly number[]): TokenizerData =>
  ({ tokenizer, chatTemplate, specialTokens: { ...specialTokens }, vocabSize, eosTokenIds: [...eosTokenIds] })

import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers'
import { FormatError, UnsupportedModelError } from '../errors.ts'
import type { SpecialTokens } from './special-tokens.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** Byte-pair encoding of plain text, in which nothing is a control token. */
export interface Bpe {
  /** @param first whether the text begins the whole: some vocabularies put a space before that */
  encode (text: string, first: boolean): number[]
  /** The entry of the vocabulary; undefined where there is none. */
  token (id: number): string | undefined
}

/** What is used of the library. Its own declarations import without file endings, which TypeScript does not resolve here. */
interface Library {
  encode (text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] }
  id_to_token (id: number): string | undefined
}
const openLibrary = (tokenizer: object): Library => new (LibraryTokenizer as unknown as new (tokenizer: object, config: object) => Library)(tokenizer, {})

/** @throws {FormatError} @throws {UnsupportedModelError} for a model other than BPE */
export function createBpe ({ tokenizer, vocabSize }: TokenizerData, specials: SpecialTokens): Bpe {
  const { model } = tokenizer
  if (model.type != null && model.type !== 'BPE') {
    throw new UnsupportedModelError(`tokenizers of type ${model.type} are not supported yet; supported is BPE`)
  }
  const unknown = typeof model.unk_token === 'string' ? model.unk_token : null
  const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([token, id]) => id < vocabSize && (!specials.has(token) || token === unknown)))
  const plain = {
    ...tokenizer,
    model: { ...model, vocab, unk_token: unknown != null && Object.hasOwn(vocab, unknown) ? unknown : null },
    added_tokens: (tokenizer.added_tokens ?? []).filter(({ id, content }) => id < vocabSize && !specials.has(content)),
    pre_tokenizer: withNumericDigits(tokenizer.pre_tokenizer ?? null),
    normalizer: tokenizer.normalizer ?? null,
    decoder: tokenizer.decoder ?? null,
    post_processor: null
  }
  try {
    const first = openLibrary(plain)
    const prefixesFirst = JSON.stringify(plain.pre_tokenizer).includes('"prepend_scheme":"first"')
    const later = prefixesFirst ? openLibrary({ ...plain, pre_tokenizer: replaced(plain.pre_tokenizer, withoutPrefix) }) : first
    return {
      encode: (text, isFirst) => text === '' ? [] : (isFirst ? first : later).encode(text, { add_special_tokens: false }).ids,
      token: (id) => first.id_to_token(id)
    }
  } catch (error) {
    throw new FormatError(`the tokenizer can't be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

type Step = Readonly<Record<string, unknown>>

/** A pre-tokenizer with each of its steps put through `change`. */
function replaced (step: unknown, change: (step: Step) => Step): unknown {
  if (typeof step !== 'object' || step == null) {
    return step
  }
  const { pretokenizers, ...own } = step as Step // JSON's objects have string keys
  return change({ ...own, ...(Array.isArray(pretokenizers) ? { pretokenizers: pretokenizers.map((inner) => replaced(inner, change)) } : {}) })
}

const withoutPrefix = (step: Step): Step => step.prepend_scheme === 'first' ? { ...step, prepend_scheme: 'never' } : step

/** The original's `Digits` splits off every number of Unicode, as ½ or ٣; the library's only 0 to 9. */
const withNumericDigits = (step: unknown): unknown => replaced(step, (own) => own.type === 'Digits'
  ? { type: 'Split', pattern: { Regex: own.individual_digits === true ? '\\p{N}' : '\\p{N}+' }, behavior: 'Isolated', invert: false }
  : own)

import { UnsupportedModelError } from '../errors.ts'
import { bpeTokenizer } from './gguf-bpe.ts'
import { sentencePieceTokenizer } from './gguf-sentencepiece.ts'
import { ggufVocabulary, tokenizerData, type GgufVocabulary } from './gguf-vocabulary.ts'
import type { Architecture } from '../architectures/architecture.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** `tokenizer.ggml.model`. */
const kinds: Readonly<Record<string, (file: GgufFile, vocabulary: GgufVocabulary, architecture: Architecture) => TokenizerData['tokenizer']>> = {
  gpt2: bpeTokenizer,
  llama: sentencePieceTokenizer
}

/** Makes a tokenizer.json of a GGUF file's vocabulary. @throws {FormatError} @throws {UnsupportedModelError} for a kind that is not known, by name */
export function tokenizerFromGguf (file: GgufFile, architecture: Architecture, vocabSize: number, eosTokenIds: readonly number[]): TokenizerData {
  const kind = file.metadata.get('tokenizer.ggml.model')
  const make = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (make == null) {
    throw new UnsupportedModelError(`the GGUF tokenizer ${JSON.stringify(kind ?? 'none')} is not supported yet; supported are gpt2 (byte-level BPE) and llama (SentencePiece). Import the model from its Hugging Face folder`)
  }
  const vocabulary = ggufVocabulary(file)
  return tokenizerData(make(file, vocabulary, architecture), vocabulary, vocabSize, eosTokenIds)
}

import { FormatError } from '../errors.ts'
import { TokenType, type GgufVocabulary } from './gguf-vocabulary.ts'
import type { Architecture } from '../architectures/architecture.ts'
import type { GgufFile } from '../formats/gguf.ts'
import type { TokenizerData } from './tokenizer-data.ts'

const SPACE = '▁'
const DOCUMENT_END = '<|endoftext|>'

/**
 * A SentencePiece vocabulary of pieces and scores as byte-pair encoding, in the way in which transformers turns the one into the other: two pieces
 * merge where their text is a piece too, higher scores first; what is no piece becomes bytes. Spaces are written as ▁, and one is put
 * before a text (and behind each special token), unless the file says not to.
 * @throws {FormatError}
 */
export function sentencePieceTokenizer ({ metadata }: GgufFile, vocabulary: GgufVocabulary, { ggufTrimsBehindSpecials: trims }: Pick<Architecture, 'ggufTrimsBehindSpecials'>): TokenizerData['tokenizer'] {
  const { tokens, typeOf, added, specialTokens } = vocabulary
  const scores = metadata.get('tokenizer.ggml.scores')
  if (!Array.isArray(scores) || scores.length < tokens.length || !scores.every((score) => typeof score === 'number' && Number.isFinite(score))) {
    throw new FormatError(`tokenizer.ggml.scores in the GGUF metadata is no list of ${tokens.length} numbers, one for each token`)
  }
  const unknown = tokens.findIndex((_, id) => typeOf(id) === TokenType.unknown)
  const prefix = metadata.get('tokenizer.ggml.add_space_prefix') ?? true
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE }
  return {
    version: '1.0',
    added_tokens: [
      ...added.filter(({ content }) => content !== '').map((token) => ({ ...token, rstrip: trims && token.content !== specialTokens.bos_token && token.content !== DOCUMENT_END })),
      ...(unknown < 0 ? [] : [{ id: unknown, content: tokens[unknown] ?? '', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }])
    ],
    normalizer: prefix === true ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, replace] } : replace,
    pre_tokenizer: null,
    post_processor: vocabulary.postProcessor(true),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' },
        ...(prefix === true ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [])
      ]
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown < 0 ? specialTokens.unk_token ?? null : tokens[unknown] ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: mergesOf(tokens, scores as number[], typeOf) // looked at above
    }
  }
}

/** Pairs of pieces whose text is a piece: by its score, of several for one piece the longer beginning first. */
function mergesOf (tokens: readonly string[], scores: readonly number[], typeOf: GgufVocabulary['typeOf']): Array<[string, string]> {
  const pieces = new Map(tokens.flatMap((token, id) => typeOf(id) === TokenType.normal ? [[token, scores[id] ?? 0] as const] : []))
  const merges: Array<{ readonly pair: [string, string], readonly score: number }> = []
  for (const [piece, score] of pieces) {
    for (let at = piece.length - 1; at > 0; at--) {
      const pair: [string, string] = [piece.slice(0, at), piece.slice(at)]
      if (pieces.has(pair[0]) && pieces.has(pair[1])) {
        merges.push({ pair, score })
      }
    }
  }
  // stable: pieces of one score stay in the order of the vocabulary
  return merges.sort((a, b) => b.score - a.score).map(({ pair }) => pair)
}

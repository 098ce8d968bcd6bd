import { z } from 'zod'
import { FormatError, UnsupportedModelError } from '../errors.ts'

/** Largest tokenizer part: vocabularies of 260,000 tokens with merges have about 35 MB. */
export const MAX_TOKENIZER_BYTES = 128 * 1024 * 1024

const added = z.looseObject({
  id: z.int().min(0),
  content: z.string().min(1).max(1024),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  special: z.boolean().optional()
})

function isVocabulary (value: unknown): boolean {
  return typeof value === 'object' && value != null && !Array.isArray(value) && Object.values(value).every((id) => Number.isSafeInteger(id) && id >= 0)
}

const schema = z.strictObject({
  /** tokenizer.json as Hugging Face's tokenizers write it. */
  tokenizer: z.looseObject({
    // a vocabulary's hundred thousand entries are looked at by one plain loop
    model: z.looseObject({ type: z.string().optional(), vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, 'is no map from tokens to ids') }),
    added_tokens: z.array(added).max(65_536).optional()
  }),
  /** Jinja, or null where the model has none. */
  chatTemplate: z.string().max(1024 * 1024).nullable(),
  /** Special tokens that templates may name: `bos_token`, `eos_token`, … */
  specialTokens: z.record(z.string().max(64), z.string().max(1024)),
  vocabSize: z.int().min(1),
  eosTokenIds: z.array(z.int().min(0)).max(64)
})

/** Everything that turns text into ids and back; the content of a model's tokenizer part. */
export type TokenizerData = z.infer<typeof schema>

/** The same data in the same order gives the same bytes. */
export const encodeTokenizerData = (data: TokenizerData): Uint8Array => new TextEncoder().encode(JSON.stringify(schema.parse(data)))

/** @throws {FormatError} */
export function parseTokenizerData (bytes: Uint8Array): TokenizerData {
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (error) {
    throw new FormatError('the model\'s tokenizer part is malformed', { cause: error })
  }
}

const tokenName = z.union([z.string(), z.looseObject({ content: z.string() })])
const configSchema = z.looseObject({
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
  bos_token: tokenName.nullish(),
  eos_token: tokenName.nullish(),
  unk_token: tokenName.nullish(),
  pad_token: tokenName.nullish()
})

export interface HuggingFaceTokenizer {
  /** Value of tokenizer.json. */
  readonly tokenizer: unknown
  /** Value of tokenizer_config.json, where there is one. */
  readonly config?: unknown
  /** chat_template.jinja, which newer folders have instead of an entry in the config. */
  readonly chatTemplate?: string
  readonly vocabSize: number
  readonly eosTokenIds: readonly number[]
}

/** @throws {FormatError} @throws {UnsupportedModelError} for a vocabulary that is no BPE */
export function tokenizerFromHuggingFace (source: HuggingFaceTokenizer): TokenizerData {
  const kind = z.looseObject({ model: z.looseObject({ type: z.string() }) }).safeParse(source.tokenizer)
  if (kind.success && kind.data.model.type !== 'BPE') {
    throw new UnsupportedModelError(`tokenizers of type ${kind.data.model.type} are not supported yet; supported is BPE`)
  }
  const config = configSchema.safeParse(source.config ?? {})
  if (!config.success) {
    throw new FormatError('tokenizer_config.json is malformed')
  }
  const { chat_template: template, ...named } = config.data
  const inConfig = typeof template === 'string' ? template : template?.find(({ name }) => name === 'default')?.template
  const specialTokens: Record<string, string> = {}
  for (const name of ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const) {
    const token = named[name]
    if (token != null) {
      specialTokens[name] = typeof token === 'string' ? token : token.content
    }
  }
  const parsed = schema.safeParse({
    tokenizer: source.tokenizer,
    chatTemplate: source.chatTemplate ?? inConfig ?? null,
    specialTokens,
    vocabSize: source.vocabSize,
    eosTokenIds: source.eosTokenIds
  })
  if (!parsed.success) {
    throw new FormatError(`tokenizer.json is malformed: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`)
  }
  return parsed.data
}

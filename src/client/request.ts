/** From what a program asks to what a coordinator is asked. Pure. */
import * as z from 'zod'
import { RequestError } from '../../protocols/generate/index.ts'
import type { ChatMessage } from '../model/index.ts'
import type { GenerateRequest, SamplingOptions } from '../pipeline/index.ts'
import type { EmbedOptions, GenerateOptions } from './api.ts'

const toolCall = z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })
const message = z.strictObject({
  role: z.string(), content: z.string(), toolCalls: z.array(toolCall).optional(), toolCallId: z.string().optional(), name: z.string().optional()
})
const jsonObject = z.record(z.string(), z.unknown())
const tool = z.strictObject({ name: z.string(), description: z.string().optional(), parameters: jsonObject.optional(), strict: z.boolean().optional() })
const number = z.number().optional()

/** Bounds of values are the coordinator's to check: it knows the model. */
const schema = z.strictObject({
  model: z.string().optional(),
  messages: z.array(message).min(1).optional(),
  prompt: z.union([z.string(), z.array(z.int().min(0))]).optional(),
  special: z.boolean().default(false),
  maxTokens: z.int().min(0).default(256),
  temperature: z.number().default(0.7),
  topP: z.number().default(0.95),
  topK: number,
  minP: number,
  repetitionPenalty: number,
  presencePenalty: number,
  frequencyPenalty: number,
  logitBias: z.record(z.string(), z.number()).optional(),
  seed: z.union([z.int().min(0), z.bigint().min(0n).max(2n ** 64n - 1n)]).optional(),
  stop: z.union([z.string(), z.array(z.string())]).default([]),
  logprobs: z.int().min(0).optional(),
  wire: z.enum(['f16', 'f32']).optional(),
  format: z.union([z.literal('json'), z.strictObject({ schema: jsonObject })]).optional(),
  tools: z.array(tool).optional(),
  toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: z.string() })]).optional(),
  parallelToolCalls: z.boolean().optional()
})

const embedding = z.strictObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(z.int().min(0))]),
  special: z.boolean().default(false),
  pooling: z.enum(['mean', 'last']).default('mean'),
  wire: z.enum(['f16', 'f32']).optional()
})

type Parsed = z.output<typeof schema>

/** Everything but the model's id, which has to be looked for. */
export type ModelessRequest = Omit<GenerateRequest, 'modelId'>

/** @throws {RequestError} naming the option that is wrong */
export function requestOf (options: GenerateOptions): { readonly model: string | undefined, readonly request: ModelessRequest } {
  const parsed = parse(schema, options)
  const { maxTokens, wire, format, tools, toolChoice, parallelToolCalls } = parsed
  return {
    model: parsed.model,
    // `as`: an absent option is absent, as the schema leaves it
    request: present({
      prompt: promptOf(parsed),
      maxTokens,
      stop: typeof parsed.stop === 'string' ? [parsed.stop] : parsed.stop,
      sampling: samplingOf(parsed),
      wire,
      format: format === undefined ? undefined : format === 'json' ? { kind: 'json' } : { kind: 'schema', schema: JSON.stringify(format.schema) },
      tools,
      toolChoice,
      parallelToolCalls
    }) as ModelessRequest
  }
}

/** @throws {RequestError} naming the option that is wrong */
export function embeddingRequestOf (options: EmbedOptions): { readonly model: string | undefined, readonly request: ModelessRequest } {
  const { model, input, special, pooling, wire } = parse(embedding, options)
  return {
    model,
    request: { prompt: typeof input === 'string' ? { kind: 'text', text: input, special } : { kind: 'ids', ids: input }, maxTokens: 0, stop: [], sampling: {}, ...(wire === undefined ? {} : { wire }), embed: pooling }
  }
}

function parse<T> (shape: z.ZodType<T>, options: unknown): T {
  const result = shape.safeParse(options)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new RequestError(`${issue?.path.join('.') ?? ''}${issue?.path.length === 0 ? '' : ': '}${issue?.message ?? 'the request is malformed'}`)
}

function promptOf ({ messages, prompt, special }: Parsed): GenerateRequest['prompt'] {
  if ((messages === undefined) === (prompt === undefined)) throw new RequestError('give either messages or a prompt')
  if (messages !== undefined) return { kind: 'chat', messages: messages.map((each) => present(each) as ChatMessage) }
  return typeof prompt === 'string' ? { kind: 'text', text: prompt, special } : { kind: 'ids', ids: prompt ?? [] }
}

function samplingOf ({ temperature, topP, topK, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed, logprobs }: Parsed): Partial<SamplingOptions> {
  const biases = Object.entries(logitBias ?? {}).map(([id, bias]): [number, number] => [Number(id), bias])
  const wrong = biases.find(([id]) => !Number.isInteger(id) || id < 0)
  if (wrong !== undefined) throw new RequestError('logitBias: its keys are token ids')
  return present({
    temperature,
    topP,
    topK,
    minP,
    repetitionPenalty,
    presencePenalty,
    frequencyPenalty,
    logitBias: biases.length === 0 ? undefined : new Map(biases),
    seed: seed === undefined ? undefined : BigInt(seed),
    logprobs
  })
}

/** Without what is undefined: absent and undefined are not the same on the wire. */
const present = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined))

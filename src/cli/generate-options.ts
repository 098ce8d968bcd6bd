/** The options of `ask` and `chat`, and the request that they make. */
import { Option, type Command } from 'commander'
import * as parse from './parsers.ts'
import type { GenerateRequest } from '../daemon/index.ts'

export interface GenerateOptions {
  readonly model?: string
  readonly system?: string
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly minP: number
  readonly seed?: bigint
  readonly stop?: string[]
  readonly wire?: 'f16' | 'f32'
  readonly logprobs?: number
}

/** The options of every client command: whom to ask. */
export function joinOptions (target: Command): Command {
  return target
    .option('--join <addr>', 'address or invite of a node; may be repeated (default: the node on this machine)', parse.list)
    .option('--psk <file>', 'key of a private swarm')
}

export function generateOptions (target: Command): Command {
  return joinOptions(target)
    .option('--model <model>', 'name or id (default: what the joined node serves)')
    .option('--system <text>', 'the system\'s turn')
    .option('--max-tokens <n>', 'length of an answer', parse.integer(0, 1_048_576), 256)
    .option('--temperature <x>', '0 always takes the likeliest token', parse.decimal(0, 100), 0.7)
    .option('--top-p <x>', 'the likeliest tokens that make up this share', parse.decimal(0, 1), 0.95)
    .option('--top-k <n>', 'the likeliest N tokens; 0 turns it off', parse.integer(0, 1_048_576), 0)
    .option('--min-p <x>', 'tokens at least this likely beside the likeliest', parse.decimal(0, 1), 0)
    .option('--seed <n>', 'the same seed gives the same answer', parse.seed)
    .option('--stop <text>', 'end the answer before this text; may be repeated', parse.list)
    .addOption(new Option('--wire <kind>', 'how activations travel between nodes (default: f32 at temperature 0, so that any split says the same; else f16)').choices(['f16', 'f32']))
    .option('--logprobs <k>', 'log probabilities of each token and its K likeliest alternatives', parse.integer(0, 20))
}

export function requestOf (options: GenerateOptions, modelId: string, prompt: GenerateRequest['prompt']): GenerateRequest {
  const { maxTokens, temperature, topP, topK, minP, seed, stop, wire, logprobs } = options
  return {
    modelId,
    prompt,
    maxTokens,
    stop: stop ?? [],
    ...(wire == null ? {} : { wire }),
    sampling: { temperature, topP, topK, minP, ...(seed == null ? {} : { seed }), ...(logprobs == null ? {} : { logprobs }) }
  }
}

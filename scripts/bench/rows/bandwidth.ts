/** What share of the memory's bandwidth decode takes: weights that a token reads, times tokens a second. */
import { memoryBandwidth } from '../bandwidth.ts'
import { interleaved } from '../rounds.ts'
import { tokensPerSecond, type Contender } from '../run.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const PROMPT_TOKENS = 16
const GIGA = 1e9
const AIM = 0.7

export async function bandwidthRows ({ model, options, prompts, swarm, llama }: BenchRun): Promise<Row[]> {
  const read = (contender: Contender, weightBytes: number) => async (): Promise<number> =>
    tokensPerSecond(await contender.generate(prompts.next(PROMPT_TOKENS), { tokens: options.tokens, cold: true })) * weightBytes / GIGA
  const { file, shoal } = model.weightBytes
  const rates = await interleaved([
    ['memory', async () => await memoryBandwidth() / GIGA],
    ['llama.cpp', read(await llama(), file)],
    ['shoal', read(await swarm(1), shoal)]
  ], options.rounds)
  const of = (name: 'memory' | 'llama.cpp' | 'shoal'): readonly number[] => rates.get(name) ?? []
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  return [
    {
      id: `bandwidth/${model.name}/memory`,
      what: 'memory, one thread',
      unit: 'GB/s',
      measured: summary(of('memory')),
      ratios: [],
      remark: 'reading or copying 512 MiB, whichever is quicker, in a process of its own'
    },
    {
      id: `bandwidth/${model.name}/decode`,
      what: `weights read in decode, ${model.title}, alone`,
      unit: 'GB/s',
      measured: summary(of('shoal')),
      llamaCpp: summary(of('llama.cpp')),
      ratios: [
        { against: 'memory bandwidth', value: pairedRatio(of('shoal'), of('memory')), better: 'higher', aim: AIM },
        { against: 'memory bandwidth by llama.cpp', value: pairedRatio(of('llama.cpp'), of('memory')), better: 'higher' }
      ],
      remark: `${megabytes(shoal)} a token as stored here, ${megabytes(file)} in the file`
    }
  ]
}

/** Decode: tokens a second of one answer, and what a hop adds to each. */
import { interleaved } from '../rounds.ts'
import { tokensPerSecond, type Contender } from '../run.ts'
import { median, pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const PROMPT_TOKENS = 16
const ALONE_AIM = 0.9
const SPLIT_AIM = 0.8
const HOP_AIM_MS = 1

export async function decodeRows ({ model, options, prompts, swarm, llama }: BenchRun): Promise<Row[]> {
  const speed = (contender: Contender) => async (): Promise<number> =>
    tokensPerSecond(await contender.generate(prompts.next(PROMPT_TOKENS), { tokens: options.tokens, cold: true }))
  const speeds = await interleaved([
    ['llama.cpp', speed(await llama())],
    ['1', speed(await swarm(1))],
    ['2', speed(await swarm(2))],
    ['4', speed(await swarm(4))]
  ], options.rounds)
  const of = (name: 'llama.cpp' | '1' | '2' | '4'): readonly number[] => speeds.get(name) ?? []
  const yardstick = of('llama.cpp')
  const alone = of('1')

  const split = (['2', '4'] as const).map((processes): Row => ({
    id: `decode/${model.name}/${processes}`,
    what: `decode, ${model.title}, split over ${processes} processes`,
    unit: 'tokens/s',
    measured: summary(of(processes)),
    ratios: [{ against: 'alone', value: pairedRatio(of(processes), alone), better: 'higher', ...(processes === '2' ? { aim: SPLIT_AIM } : {}) }]
  }))
  // a lap over two processes has two hops that a lap alone has not
  const hopMs = of('2').map((each, round) => (1000 / each - 1000 / (alone[round] ?? NaN)) / 2)
  return [
    {
      id: `decode/${model.name}/1`,
      what: `decode, ${model.title}, alone`,
      unit: 'tokens/s',
      measured: summary(alone),
      llamaCpp: summary(yardstick),
      ratios: [{ against: 'llama.cpp', value: pairedRatio(alone, yardstick), better: 'higher', aim: ALONE_AIM }]
    },
    ...split,
    {
      id: `decode/${model.name}/hop`,
      what: `latency that a hop adds to a token, ${model.title}`,
      unit: 'ms',
      measured: summary(hopMs),
      ratios: [{ against: `the ${HOP_AIM_MS} ms allowed`, value: median(hopMs) / HOP_AIM_MS, better: 'lower', aim: 1 }],
      remark: 'half of a lap over two less a lap alone'
    }
  ]
}

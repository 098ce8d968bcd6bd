/** Prefill: tokens a second of a cold prompt, up to its first token. */
import { interleaved } from '../rounds.ts'
import { firstTokenMs, type Contender } from '../run.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const ALONE_AIM = 0.9
const SPLIT_AIM = 1.5

export async function prefillRows ({ model, options, prompts, swarm, llama }: BenchRun): Promise<Row[]> {
  const rows: Row[] = []
  for (const length of options.promptTokens) {
    const speed = (contender: Contender) => async (): Promise<number> =>
      length / (firstTokenMs(await contender.generate(prompts.next(length), { tokens: 1, cold: true })) / 1000)
    const speeds = await interleaved([
      ['llama.cpp', speed(await llama())],
      ['1', speed(await swarm(1))],
      ['2', speed(await swarm(2))],
      ['4', speed(await swarm(4))]
    ], options.rounds)
    const of = (name: 'llama.cpp' | '1' | '2' | '4'): readonly number[] => speeds.get(name) ?? []
    const yardstick = of('llama.cpp')
    rows.push({
      id: `prefill/${model.name}/${length}/1`,
      what: `prefill of ${length}, ${model.title}, alone`,
      unit: 'tokens/s',
      measured: summary(of('1')),
      llamaCpp: summary(yardstick),
      ratios: [{ against: 'llama.cpp', value: pairedRatio(of('1'), yardstick), better: 'higher', aim: ALONE_AIM }]
    })
    for (const processes of ['2', '4'] as const) {
      rows.push({
        id: `prefill/${model.name}/${length}/${processes}`,
        what: `prefill of ${length}, ${model.title}, split over ${processes} processes`,
        unit: 'tokens/s',
        measured: summary(of(processes)),
        ratios: [{ against: 'alone', value: pairedRatio(of(processes), of('1')), better: 'higher', ...(processes === '2' ? { aim: SPLIT_AIM } : {}) }]
      })
    }
  }
  return rows
}

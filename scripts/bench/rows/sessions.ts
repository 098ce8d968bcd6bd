/** Several answers at once: tokens a second of all of them together. */
import { llamaCpp } from '../llama-cpp.ts'
import { interleaved } from '../rounds.ts'
import { aggregateTokensPerSecond, type Contender } from '../run.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const PROMPT_TOKENS = 16
const LLAMA_CONTEXT = 512
const MAX_ROUNDS = 3
const AIMED = { sessions: 8, ratio: 3.5 }

export async function sessionRows ({ model, options, prompts, swarm }: BenchRun): Promise<Row[]> {
  const most = Math.max(...options.sessions)
  const yardstick = await llamaCpp({ path: model.path, contextSize: LLAMA_CONTEXT, sequences: most })
  try {
    const together = (contender: Contender, sessions: number) => async (): Promise<number> =>
      aggregateTokensPerSecond(await Promise.all(Array.from({ length: sessions }, async () =>
        await contender.generate(prompts.next(PROMPT_TOKENS), { tokens: options.tokens, cold: true }))))
    const contenders = [['llama.cpp', yardstick], ['alone', await swarm(1)], ['split', await swarm(2)]] as const
    const speeds = await interleaved<string>(options.sessions.flatMap((sessions) => contenders.map(([name, contender]) =>
      [`${name} ${sessions}`, together(contender, sessions)] as const)), Math.min(options.rounds, MAX_ROUNDS))
    const of = (name: string, sessions: number): readonly number[] => speeds.get(`${name} ${sessions}`) ?? []

    return (['alone', 'split'] as const).flatMap((name) => options.sessions.map((sessions): Row => {
      const measured = of(name, sessions)
      const aimed = name === 'alone' && sessions === AIMED.sessions ? { aim: AIMED.ratio } : {}
      return {
        id: `sessions/${model.name}/${name}/${sessions}`,
        what: `${sessions} session${sessions === 1 ? '' : 's'} at once, ${model.title}, ${name === 'alone' ? 'alone' : 'split over 2 processes'}`,
        unit: 'tokens/s',
        measured: summary(measured),
        ...(name === 'alone' ? { llamaCpp: summary(of('llama.cpp', sessions)) } : {}),
        ratios: [
          ...(sessions === 1 ? [] : [{ against: 'one session', value: pairedRatio(measured, of(name, 1)), better: 'higher' as const, ...aimed }]),
          ...(name === 'alone' ? [{ against: 'llama.cpp', value: pairedRatio(measured, of('llama.cpp', sessions)), better: 'higher' as const }] : [])
        ]
      }
    }))
  } finally {
    await yardstick.close()
  }
}

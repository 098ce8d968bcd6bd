/** Time to the first token of a prompt whose beginning was answered before, against one that is new. */
import { firstTokenMs, type Contender } from '../run.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const PREFIX_TOKENS = 512
const SUFFIX_TOKENS = 8
const AIM = 5

interface Times {
  readonly cold: number[]
  readonly cached: number[]
}

export async function prefixRows ({ model, options, prompts, swarm, llama }: BenchRun): Promise<Row[]> {
  /** The same beginning twice, with different ends. */
  const round = async (contender: Contender): Promise<{ cold: number, cached: number }> => {
    const prefix = prompts.next(PREFIX_TOKENS)
    const prompt = (): number[] => [...prefix, ...prompts.next(SUFFIX_TOKENS)]
    const cold = await contender.generate(prompt(), { tokens: 1, cold: true })
    const warm = await contender.generate(prompt(), { tokens: 1, cold: false })
    if (warm.cached !== PREFIX_TOKENS) throw new Error(`${contender.name} reused ${warm.cached} of ${PREFIX_TOKENS} tokens`)
    return { cold: firstTokenMs(cold), cached: firstTokenMs(warm) }
  }
  const contenders = [await llama(), await swarm(1), await swarm(2)] as const
  const times = contenders.map((): Times => ({ cold: [], cached: [] }))
  for (let turn = -1; turn < options.rounds; turn++) {
    for (const [index, contender] of contenders.entries()) {
      const { cold, cached } = await round(contender)
      if (turn < 0) continue
      times[index]?.cold.push(cold)
      times[index]?.cached.push(cached)
    }
  }
  const [yardstick, alone, split] = times
  if (yardstick == null || alone == null || split == null) throw new Error('there are three contenders')
  const row = (id: string, title: string, kind: keyof Times, mine: Times, aim: object): Row => ({
    id: `prefix/${model.name}/${kind}/${id}`,
    what: `first token after ${PREFIX_TOKENS + SUFFIX_TOKENS}, ${kind === 'cold' ? 'cold' : `${PREFIX_TOKENS} of them cached`}, ${model.title}, ${title}`,
    unit: 'ms',
    measured: summary(mine[kind]),
    ...(id === '1' ? { llamaCpp: summary(yardstick[kind]) } : {}),
    ratios: [
      ...(kind === 'cold' ? [] : [{ against: 'as fast as cold', value: pairedRatio(mine.cold, mine.cached), better: 'higher' as const, ...aim }]),
      ...(id === '1' ? [{ against: 'llama.cpp', value: pairedRatio(mine[kind], yardstick[kind]), better: 'lower' as const }] : [])
    ]
  })
  return [['1', 'alone', alone] as const, ['2', 'split over 2 processes', split] as const].flatMap(([id, title, mine]) =>
    (['cold', 'cached'] as const).map((kind) => row(id, title, kind, mine, { aim: AIM })))
}

/** A ring of two over a longer line: laps against what the line and the compute allow; and the bytes that a token takes on it. */
import { startSwarm } from '../swarm.ts'
import { median, summary } from '../statistics.ts'
import { tokensPerSecond } from '../run.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const PROMPT_TOKENS = 16
const AIM = 0.92
/** The delays for which there is an aim. */
const AIMED_MS = [10, 25]
const HOPS = 2
const ROUNDS = 3

export async function delayRows ({ model, options, prompts }: BenchRun): Promise<Row[]> {
  const swarm = await startSwarm(model, { processes: HOPS, proxied: true })
  try {
    const speed = async (delayMs: number): Promise<number> => {
      swarm.setDelay(delayMs)
      return tokensPerSecond(await swarm.generate(prompts.next(PROMPT_TOKENS), { tokens: options.tokens, cold: true }))
    }
    await speed(0)
    const measured = new Map(options.delaysMs.map((delayMs) => [delayMs, { speeds: Array<number>(), shares: Array<number>() }]))
    const laps: number[] = []
    const bytes: number[] = []
    for (let round = 0; round < Math.min(options.rounds, ROUNDS); round++) {
      const before = swarm.passedBytes()
      const computeMs = 1000 / await speed(0)
      laps.push(1000 / computeMs)
      bytes.push((swarm.passedBytes() - before) / options.tokens / HOPS)
      for (const [delayMs, { speeds, shares }] of measured) {
        const tokens = await speed(delayMs)
        speeds.push(tokens)
        shares.push(tokens / (1000 / (HOPS * delayMs + computeMs)))
      }
    }
    return [
      {
        id: `delay/${model.name}/0`,
        what: `decode, ${model.title}, 2 stages, no delay but the proxy's own`,
        unit: 'tokens/s',
        measured: summary(laps),
        ratios: []
      },
      ...[...measured].map(([delayMs, { speeds, shares }]): Row => ({
        id: `delay/${model.name}/${delayMs}`,
        what: `decode, ${model.title}, 2 stages, ${delayMs} ms one way`,
        unit: 'tokens/s',
        measured: summary(speeds),
        ratios: [{ against: '1 / (2 × delay + compute)', value: median(shares), better: 'higher', ...(AIMED_MS.includes(delayMs) ? { aim: AIM } : {}) }]
      })),
      {
        id: `delay/${model.name}/bytes`,
        what: `bytes a token a hop on the socket, ${model.title}`,
        unit: 'bytes',
        measured: summary(bytes),
        ratios: [],
        remark: 'all that passes between the two nodes while they answer, set-up and acknowledgements included'
      }
    ]
  } finally {
    await swarm.stop()
  }
}

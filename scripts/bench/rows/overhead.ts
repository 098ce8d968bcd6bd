/** What an undisturbed answer pays for being ready to go on: replay buffers, and standbys. In this process, over TCP on loopback. */
import { ringInProcess, type RingInProcess } from '../../../test/support/ring-in-process.ts'
import { spansOf } from '../nodes.ts'
import { interleaved } from '../rounds.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { StageServerInit } from '../../../src/pipeline/index.ts'
import type { Row } from '../table.ts'

const STAGES = 3
const PROMPT_TOKENS = 16
const SLOTS = 4
const CONTEXT = 1024
const REPLAY_AIM = 0.97
const STANDBY_AIM = 0.92

export async function overheadRows ({ model, options, prompts }: BenchRun): Promise<Row[]> {
  if (model.name !== 'smollm2') return []
  const { name, folder, layerCount } = model
  const spans = spansOf(layerCount, STAGES).map((text): [number, number] => {
    const [start = 0, end = 0] = text.split(':').map(Number)
    return [start, end]
  })
  const ring = async (server: StageServerInit, copies: number): Promise<RingInProcess> => await ringInProcess({ model: name, folder, spans, copies, slots: SLOTS, contextLength: CONTEXT, server })
  const rings = { bare: await ring({ replayBytes: 0 }, 1), replay: await ring({}, 1), standbys: await ring({}, 2) }
  try {
    // from the prompt on, so that all that is measured is with them
    const speed = (kind: keyof typeof rings, standbyFrom = Infinity) =>
      [kind, async () => await tokensPerSecond(rings[kind], prompts.next(PROMPT_TOKENS), 2 * options.tokens, standbyFrom)] as const
    const speeds = await interleaved([speed('bare'), speed('replay'), speed('standbys', 0)], options.rounds)
    const of = (name: keyof typeof rings): readonly number[] => speeds.get(name) ?? []
    const row = (id: keyof typeof rings, what: string, ratios: Row['ratios'], remark?: string): Row => ({
      id: `failover/${model.name}/overhead/${id}`, what: `decode, ${model.title}, ${STAGES} stages in one process, ${what}`, unit: 'tokens/s', measured: summary(of(id)), ratios, ...(remark == null ? {} : { remark })
    })
    return [
      row('bare', 'no replay buffer', []),
      row('replay', 'with replay buffers', [{ against: 'no replay buffer', value: pairedRatio(of('replay'), of('bare')), better: 'higher', aim: REPLAY_AIM }]),
      row('standbys', 'with a standby for each stage', [{ against: 'no standbys', value: pairedRatio(of('standbys'), of('replay')), better: 'higher', aim: STANDBY_AIM }],
        'they compute the same again, on the same processor')
    ]
  } finally {
    for (const { stop } of Object.values(rings)) await stop()
  }
}

/** Without the first, which is the prompt's. */
async function tokensPerSecond (ring: RingInProcess, prompt: readonly number[], tokens: number, standbyFrom: number): Promise<number> {
  let firstAt = 0
  let lastAt = 0
  let count = 0
  for await (const { kind } of ring.ask({ prompt: { kind: 'ids', ids: prompt }, maxTokens: tokens, stop: [], sampling: { temperature: 0 }, wire: 'f16', ignoreEos: true }, { standbyFrom })) {
    if (kind === 'repaired') throw new Error('a stage was lost in an undisturbed answer')
    if (kind !== 'token') continue
    lastAt = performance.now()
    if (count++ === 0) firstAt = lastAt
  }
  return (count - 1) / (lastAt - firstAt) * 1000
}

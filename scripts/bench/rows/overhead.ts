/** What an undisturbed answer pays for being ready to go on: replay buffers, and standbys. In this process, over TCP on loopback. */
import { ringInProcess, type RingInit, type RingInProcess } from '../../../test/support/ring-in-process.ts'
import { spansOf } from '../nodes.ts'
import { interleaved } from '../rounds.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Slot, SpanRunner } from '../../../src/engine/index.ts'
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
  const ring = async (init: Partial<RingInit>): Promise<RingInProcess> => await ringInProcess({ model: name, folder, spans, copies: 1, slots: SLOTS, contextLength: CONTEXT, ...init })
  const rings = {
    bare: await ring({ server: { replayBytes: 0 } }),
    replay: await ring({}),
    elsewhere: await ring({ copies: 2, runnerOf: (runner, index) => (index < STAGES ? runner : computedElsewhere(runner)) }),
    standbys: await ring({ copies: 2 })
  }
  try {
    // from the prompt on, so that all that is measured is with them
    const speed = (kind: keyof typeof rings, standbyFrom = Infinity) =>
      [kind, async () => await tokensPerSecond(rings[kind], prompts.next(PROMPT_TOKENS), 2 * options.tokens, standbyFrom)] as const
    const speeds = await interleaved([speed('bare'), speed('replay'), speed('elsewhere', 0), speed('standbys', 0)], options.rounds)
    const of = (name: keyof typeof rings): readonly number[] => speeds.get(name) ?? []
    const row = (id: keyof typeof rings, what: string, ratios: Row['ratios'], remark?: string): Row => ({
      id: `failover/${model.name}/overhead/${id}`, what: `decode, ${model.title}, ${STAGES} stages in one process, ${what}`, unit: 'tokens/s', measured: summary(of(id)), ratios, ...(remark == null ? {} : { remark })
    })
    return [
      row('bare', 'no replay buffer', []),
      row('replay', 'with replay buffers', [{ against: 'no replay buffer', value: pairedRatio(of('replay'), of('bare')), better: 'higher', aim: REPLAY_AIM }]),
      row('elsewhere', 'with a standby for each stage that computes elsewhere', [{ against: 'no standbys', value: pairedRatio(of('elsewhere'), of('replay')), better: 'higher', aim: STANDBY_AIM }],
        'what the answer itself pays: frames are sent, received and queued, and nothing is computed of them'),
      row('standbys', 'with a standby for each stage on the same processor', [{ against: 'no standbys', value: pairedRatio(of('standbys'), of('replay')), better: 'higher' }],
        'they compute the same again')
    ]
  } finally {
    for (const { stop } of Object.values(rings)) await stop()
  }
}

/** A runner that takes no time: as if a machine of its own did the work. */
function computedElsewhere (runner: SpanRunner): SpanRunner {
  const filled = new WeakMap<Slot, number>()
  const output = new Float32Array(Math.max(runner.hiddenSize * CONTEXT, runner.vocabSize))
  return {
    ...runner,
    freeSlots: runner.freeSlots,
    reserve (positions) {
      const slot: Slot = {
        capacity: positions,
        get filled () { return filled.get(slot) ?? 0 },
        release () { filled.delete(slot) },
        park () { filled.delete(slot) },
        resume: () => false
      }
      return slot
    },
    async run (steps) {
      for (const { slot, position, input, score, consume } of steps) {
        const rows = input instanceof Uint32Array ? input.length : input.length / runner.hiddenSize
        filled.set(slot, position + rows)
        consume(output.subarray(0, runner.isTail ? score * runner.vocabSize : rows * runner.hiddenSize))
      }
      await Promise.resolve()
    },
    copy: async () => await Promise.resolve(false)
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

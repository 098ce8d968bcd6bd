/** From `kill -9` of a stage to the next token at a thin client, of an answer that is some 250 tokens or more long. */
import { joinSwarm, type SwarmClient } from '../../../src/daemon/index.ts'
import { temporaryFolder } from '../../../test/support/shoal.ts'
import { startNodes, type Nodes } from '../nodes.ts'
import { quantile, summary } from '../statistics.ts'
import type { BenchRun } from '../bench-run.ts'
import type { Row } from '../table.ts'

const STAGES = ['head', 'middle', 'tail'] as const
type Stage = typeof STAGES[number]
const PROMPT_TOKENS = 16
/** Positions when the node dies: before a session has standbys, and when it has had them for long. */
const COLD_POSITIONS = 250
const WARM_POSITIONS = 380
/** More than a standby that has caught up has to compute. */
const WARM_REPLAYED = 100
const CONTEXT = 1024
const SESSIONS = 4
const DELAY_MS = 25
const AIM_MS = { cold: 3000, warm: 1000 }
/** What is under way when the node dies still comes. */
const MORE_TOKENS = 24
const SETTLE_MS = 2000

interface Death {
  readonly ms: number
  readonly replayed: number
}

export async function failoverRows ({ model, options, prompts }: BenchRun): Promise<Row[]> {
  // times of repairs say little of a model's size
  if (model.name !== 'smollm2') return []
  const { name, folder, layerCount, title } = model
  const nodes = await startNodes({ model: name, folder, layerCount, processes: STAGES.length, slots: SESSIONS, context: CONTEXT, proxied: true, copies: 2 })
  let client: SwarmClient | undefined
  try {
    const joined = client = await joinSwarm({
      data: await temporaryFolder(), join: nodes.daemons.map(({ address }) => address), signal: new AbortController().signal, onNote () { /* nobody reads */ }
    })
    const { modelId } = await joined.chooseModel(name)
    const die = async (stage: number, positions: number): Promise<Death> => await death({ client: joined, nodes, modelId, prompt: prompts.next(PROMPT_TOKENS), stage, positions })
    const rows: Row[] = []
    const kinds = [['cold', COLD_POSITIONS], ['warm', WARM_POSITIONS]] as const
    for (const [kind, positions, delayMs] of [0, DELAY_MS].flatMap((delayMs) => kinds.map((each) => [...each, delayMs] as const))) {
      nodes.proxies.forEach((proxy) => { proxy.setDelay(delayMs) })
      const deaths = new Map<Stage, Death[]>()
      // a delay changes little: fewer say it
      for (let round = 0; round < (delayMs === 0 ? options.kills : Math.ceil(options.kills / 5)); round++) {
        for (const stage of STAGES) deaths.set(stage, [...deaths.get(stage) ?? [], await die(STAGES.indexOf(stage), positions)])
      }
      const where = `${title}, ${STAGES.length} stages${delayMs === 0 ? '' : `, ${delayMs} ms one way`}`
      const each = [...deaths.values()].flat()
      const toldOf = (all: readonly Death[]): string => [
        `95th percentile ${quantile(all.map(({ ms }) => ms), 0.95).toFixed(0)} ms`,
        `${summary(all.map(({ replayed }) => replayed)).median} positions again`,
        ...(kind === 'warm' ? [`standby caught up in ${all.filter(({ replayed }) => replayed < WARM_REPLAYED).length} of ${all.length}`] : [])
      ].join('; ')
      rows.push({
        id: `failover/${name}/${kind}/${delayMs}`,
        what: `from the death of a stage to the next token, ${kind}, ${positions} positions, ${where}`,
        unit: 'ms',
        measured: summary(each.map(({ ms }) => ms)),
        ratios: [{ against: `the ${AIM_MS[kind]} ms allowed, at the 95th percentile`, value: quantile(each.map(({ ms }) => ms), 0.95) / AIM_MS[kind], better: 'lower', aim: 1 }],
        remark: toldOf(each)
      }, ...[...deaths].map(([stage, all]): Row => ({
        id: `failover/${name}/${kind}/${delayMs}/${stage}`,
        what: `the same, of the ${stage === 'head' ? 'head, which is the coordinator too' : stage}`,
        unit: 'ms',
        measured: summary(all.map(({ ms }) => ms)),
        ratios: [],
        remark: toldOf(all)
      })))
    }
    return rows
  } finally {
    await client?.close()
    await nodes.stop()
  }
}

interface DeathInit {
  readonly client: SwarmClient
  readonly nodes: Nodes
  readonly modelId: string
  readonly prompt: readonly number[]
  readonly stage: number
  readonly positions: number
}

/** One answer in which a stage dies; then that node is started again. */
async function death ({ client, nodes, modelId, prompt, stage, positions }: DeathInit): Promise<Death> {
  const kill = positions - prompt.length
  let route: ReadonlyArray<{ readonly peerId: string }> = []
  let victim = -1
  let killedAt: number | undefined
  let repaired: { readonly replayed: number } | undefined
  let found: Death | undefined
  let tokens = 0
  const events = client.generate({
    modelId, prompt: { kind: 'ids', ids: prompt }, maxTokens: kill + MORE_TOKENS, stop: [], sampling: { temperature: 0 }, wire: 'f16', ignoreEos: true
  })
  for await (const event of events) {
    if (event.kind === 'started' || event.kind === 'repaired') route = event.route
    if (event.kind === 'repaired' && killedAt != null) repaired = event
    if (event.kind !== 'token') continue
    tokens++
    if (killedAt == null && tokens >= kill) {
      victim = nodes.daemons.findIndex(({ peerId }) => peerId === route[stage]?.peerId)
      killedAt = performance.now()
      nodes.daemons[victim]?.child.kill('SIGKILL')
    } else if (killedAt != null && repaired != null && found == null) {
      found = { ms: performance.now() - killedAt, replayed: repaired.replayed }
    }
  }
  if (victim >= 0) await nodes.restart(victim)
  // what the others hold against it is not what is measured
  await new Promise((resolve) => { setTimeout(resolve, SETTLE_MS) })
  if (found == null) throw new Error('the answer was over before its stage was dead')
  return found
}

/** Where an answer's time went: pure, from what its end and its repairs say. */
import { bytes, shortPeer, table } from './format.ts'
import type { HopTiming, RouteStage } from '../daemon/index.ts'

/** What is known of an answer. */
export interface Explained {
  readonly completionTokens: number
  readonly timings: { readonly openMs?: number | null, readonly ttftMs: number | null, readonly totalMs: number, readonly tokensPerSecond: number }
  readonly route: readonly RouteStage[]
  /** Of stages that told. */
  readonly hops: ReadonlyArray<Omit<HopTiming, 'prefill'> & { readonly prefill?: HopTiming['prefill'] | null }>
  readonly repairs: ReadonlyArray<{ readonly lost: readonly RouteStage[], readonly tookMs: number }>
}

/** One stage's share; undefined where it did not tell. */
export interface HopShare extends RouteStage {
  readonly queueMs?: number
  readonly computeMs?: number
  readonly sendMs?: number
  readonly bytes?: number
}

/** Of one lap, or of the prompt. */
export interface Share {
  readonly totalMs: number
  readonly hops: readonly HopShare[]
  /** The network, and what waited for it: what no stage accounts for. */
  readonly restMs: number
}

export interface Explanation {
  /** Until a route was found and its stages were ready; undefined where nobody said. */
  readonly openMs?: number
  /** From then until the first token. Stages work at the prompt side by side: their times overlap. */
  readonly prompt?: Share & { readonly rows: number }
  /** The mean lap behind the first token, repairs left out; undefined where there was none. */
  readonly lap?: Share & { readonly laps: number }
  readonly repairMs: number
  /** Stages that were lost: they told nothing. */
  readonly lost: readonly RouteStage[]
}

const NOTHING = { laps: 0, rows: 0, queueMs: 0, computeMs: 0, sendMs: 0, bytesSent: 0 }

export function explain ({ completionTokens, timings, route, hops, repairs }: Explained): Explanation {
  const repairMs = repairs.reduce((sum, { tookMs }) => sum + tookMs, 0)
  const laps = completionTokens - 1
  const openMs = timings.openMs ?? undefined
  const told = (stage: RouteStage): Explained['hops'][number] | undefined => hops.find(({ peerId, span }) => peerId === stage.peerId && span[0] === stage.span[0])

  function prompt (ttftMs: number): NonNullable<Explanation['prompt']> {
    const totalMs = Math.max(0, ttftMs - (openMs ?? 0))
    const shares = route.map(({ peerId, span }): HopShare => {
      const work = told({ peerId, span })?.prefill
      return work == null ? { peerId, span } : { peerId, span, queueMs: work.queueMs, computeMs: work.computeMs, sendMs: work.sendMs, bytes: work.bytesSent }
    })
    const [first] = route
    const rows = first === undefined ? 0 : told(first)?.prefill?.rows ?? 0
    return { totalMs, rows, hops: shares, restMs: Math.max(0, totalMs - sumOf(shares)) }
  }

  function lap (): NonNullable<Explanation['lap']> {
    const totalMs = Math.max(0, laps * 1000 / timings.tokensPerSecond - repairMs) / laps
    const shares = route.map(({ peerId, span }): HopShare => {
      const work = told({ peerId, span })
      if (work === undefined) return { peerId, span }
      const before = work.prefill ?? NOTHING
      const own = Math.max(1, work.laps - before.laps)
      const mean = (key: 'queueMs' | 'computeMs' | 'sendMs' | 'bytesSent'): number => Math.max(0, work[key] - before[key]) / own
      return { peerId, span, queueMs: mean('queueMs'), computeMs: mean('computeMs'), sendMs: mean('sendMs'), bytes: mean('bytesSent') }
    })
    return { totalMs, laps, hops: shares, restMs: Math.max(0, totalMs - sumOf(shares)) }
  }

  return {
    ...(openMs === undefined ? {} : { openMs }),
    ...(timings.ttftMs === null || completionTokens === 0 ? {} : { prompt: prompt(timings.ttftMs) }),
    ...(laps < 1 || timings.tokensPerSecond <= 0 ? {} : { lap: lap() }),
    repairMs,
    lost: repairs.flatMap(({ lost }) => lost)
  }
}

const sumOf = (hops: readonly HopShare[]): number => hops.reduce((sum, { queueMs = 0, computeMs = 0, sendMs = 0 }) => sum + queueMs + computeMs + sendMs, 0)

const time = (ms: number): string => `${ms < 100 ? ms.toFixed(2) : Math.round(ms)} ms`
const share = (ms: number, of: number): string => of > 0 ? `${Math.round(ms / of * 100)} %` : ''

/** For people. */
export function explanation ({ openMs, prompt, lap, repairMs, lost }: Explanation): string {
  const parts: string[] = []
  if (prompt !== undefined) {
    const opening = openMs === undefined ? '' : `${time(openMs)} to find and open the route, `
    parts.push(`first token after ${time((openMs ?? 0) + prompt.totalMs)}: ${opening}${time(prompt.totalMs)} for the prompt (${prompt.rows} positions; stages work side by side)\n${hopTable(prompt, 'PROMPT', false)}`)
  }
  if (lap !== undefined) parts.push(`then ${lap.laps} laps of ${time(lap.totalMs)} on average (${(1000 / lap.totalMs).toFixed(1)} tokens/s)\n${hopTable(lap, 'MEAN LAP', true)}`)
  if (lost.length > 0) parts.push(`${lost.map(nameOf).join(', ')} was lost and told nothing; repairs took ${time(repairMs)}`)
  return parts.join('\n\n')
}

const nameOf = ({ peerId, span: [start, end] }: RouteStage): string => `…${shortPeer(peerId)} ${start}:${end}`

function hopTable ({ totalMs, hops, restMs }: Share, title: string, withRest: boolean): string {
  const rows = hops.map((hop) => {
    const { queueMs, computeMs, sendMs, bytes: sent } = hop
    if (queueMs === undefined || computeMs === undefined || sendMs === undefined) return [nameOf(hop), 'told nothing']
    const sum = queueMs + computeMs + sendMs
    return [nameOf(hop), time(computeMs), time(queueMs), time(sendMs), time(sum), withRest ? share(sum, totalMs) : '', bytes(sent ?? 0)]
  })
  return table([
    [title, 'COMPUTE', 'QUEUE', 'SEND', 'SUM', withRest ? 'SHARE' : '', 'SENT'],
    ...rows,
    ...(withRest ? [['network and waiting', '', '', '', time(restMs), share(restMs, totalMs)]] : [])
  ])
}

/** From what clients and processes went through to what is missed. Pure. */
import { median } from '../bench/statistics.ts'
import { ROUND_TURNS } from './workload.ts'

/** One client's run. Times in ms. */
export interface ClientLog {
  readonly kind: string
  readonly answers: number
  readonly cancelled: number
  readonly tokens: number
  /** After each turn, whole or left: tokens so far, and the time from the start. */
  readonly progress: ReadonlyArray<{ readonly tokens: number, readonly atMs: number }>
  readonly longestStallMs: number
  readonly longestFirstTokenMs: number
  /** Answers that there was no capacity for, each tried again when the gateway said so. */
  readonly refusals: number
  readonly errors: readonly string[]
}

/** Resident memory of one process, at times in ms from the start. */
export interface MemoryLog {
  readonly node: string
  readonly samples: ReadonlyArray<{ readonly atMs: number, readonly bytes: number }>
}

export interface KindFairness {
  readonly kind: string
  readonly clients: number
  readonly medianTokensPerSecond: number
  /** The largest distance from the median, as a share of it. */
  readonly spread: number
}

export interface MemoryGrowth {
  readonly node: string
  readonly bytesByMinute: readonly number[]
  /** Along a straight line through the samples since it was warm, as a share; undefined where too little came after that. */
  readonly growth: number | undefined
}

export interface Verdict {
  readonly answers: number
  readonly cancelled: number
  readonly tokens: number
  readonly refusals: number
  readonly errors: ReadonlyArray<{ readonly message: string, readonly count: number }>
  readonly longestStallMs: number
  readonly longestFirstTokenMs: number
  readonly fairness: readonly KindFairness[]
  readonly memory: readonly MemoryGrowth[]
  /** When every client had been through its work once, at the earliest after the first minute; undefined where one had not. */
  readonly warmMs: number | undefined
  /** Aims that were missed, in words. */
  readonly missed: readonly string[]
}

export const aims = { stallMs: 5000, growth: 0.1, spread: 0.2 } as const

const MINUTE_MS = 60_000
/** A line through less than this says nothing: garbage is collected once or twice a minute. */
const WATCHED_MS = 3 * MINUTE_MS

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Turns differ in their work: like clients are compared by as many turns as all of them have done. */
function fairnessOf (clients: readonly ClientLog[]): KindFairness[] {
  return [...new Set(clients.map(({ kind }) => kind))].map((kind) => {
    const alike = clients.filter((each) => each.kind === kind)
    const turns = Math.min(...alike.map(({ progress }) => progress.length))
    const rates = alike.map(({ progress }) => progress[turns - 1]).map((reached) => (reached == null ? 0 : reached.tokens / reached.atMs * 1000))
    const middle = median(rates)
    return { kind, clients: rates.length, medianTokensPerSecond: middle, spread: middle > 0 ? most(rates.map((rate) => Math.abs(rate / middle - 1))) : 1 }
  })
}

/** Least squares: what the line gains from the first to the last sample, over what it begins with. */
export function growthOf (samples: MemoryLog['samples']): number {
  const meanAt = total(samples.map(({ atMs }) => atMs)) / samples.length
  const meanBytes = total(samples.map(({ bytes }) => bytes)) / samples.length
  const slope = total(samples.map(({ atMs, bytes }) => (atMs - meanAt) * (bytes - meanBytes))) / total(samples.map(({ atMs }) => (atMs - meanAt) ** 2))
  const first = samples[0]?.atMs ?? NaN
  const last = samples.at(-1)?.atMs ?? NaN
  return slope * (last - first) / (meanBytes + slope * (first - meanAt))
}

/**
 * Until then a node takes what its work needs: slabs of KV are made and the positions of longer sessions written for the first time, code is compiled, the
 * heap grows to where garbage is collected. How long that takes depends on the machine: it is counted in work.
 */
function warmOf (clients: readonly ClientLog[]): number | undefined {
  const rounds = clients.map(({ progress }) => progress[ROUND_TURNS - 1]?.atMs)
  return rounds.reduce<number | undefined>((latest, atMs) => (latest == null || atMs == null ? undefined : Math.max(latest, atMs)), MINUTE_MS)
}

function memoryOf ({ node, samples }: MemoryLog, warmMs: number | undefined): MemoryGrowth {
  const minutes = Math.ceil(((samples.at(-1)?.atMs ?? 0) + 1) / MINUTE_MS)
  const later = samples.filter(({ atMs }) => atMs >= (warmMs ?? Infinity))
  const watched = (later.at(-1)?.atMs ?? 0) - (later[0]?.atMs ?? 0)
  return {
    node,
    bytesByMinute: Array.from({ length: minutes }, (_, minute) => most(samples.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === minute).map(({ bytes }) => bytes))),
    growth: watched < WATCHED_MS ? undefined : growthOf(later)
  }
}

export function verdict (clients: readonly ClientLog[], processes: readonly MemoryLog[]): Verdict {
  const counts = new Map<string, number>()
  for (const message of clients.flatMap(({ errors }) => errors)) counts.set(message, (counts.get(message) ?? 0) + 1)
  const errors = [...counts].map(([message, count]) => ({ message, count }))
  const longestStallMs = most(clients.map((each) => each.longestStallMs))
  const fairness = fairnessOf(clients)
  const warmMs = warmOf(clients)
  const memory = processes.map((each) => memoryOf(each, warmMs))
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  return {
    answers: total(clients.map((each) => each.answers)),
    cancelled: total(clients.map((each) => each.cancelled)),
    tokens: total(clients.map((each) => each.tokens)),
    refusals: total(clients.map((each) => each.refusals)),
    errors,
    longestStallMs,
    longestFirstTokenMs: most(clients.map((each) => each.longestFirstTokenMs)),
    fairness,
    memory,
    warmMs,
    missed: [
      ...errors.map(({ message, count }) => `no error: ${count} × ${message}`),
      ...clients.filter(({ answers }) => answers === 0).map(({ kind }) => `a client (${kind}) got no answer`),
      ...(longestStallMs > aims.stallMs ? [`no stall over ${aims.stallMs / 1000} s: one took ${(longestStallMs / 1000).toFixed(1)} s`] : []),
      ...memory.flatMap(({ node, growth }) => (growth != null && growth > aims.growth ? [`memory flat once warm: ${node} grew by ${percent(growth)}`] : [])),
      ...fairness.flatMap(({ kind, spread }) => (spread > aims.spread ? [`fair within ${percent(aims.spread)}: ${kind} differ by ${percent(spread)}`] : []))
    ]
  }
}

export function shown ({ answers, cancelled, tokens, refusals, longestStallMs, longestFirstTokenMs, fairness, memory, warmMs, missed }: Verdict, seconds: number): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
  return [
    `${answers} answers, ${cancelled} cancelled midway, ${tokens} tokens (${(tokens / seconds).toFixed(1)} a second) in ${seconds.toFixed(0)} s`,
    `${refusals} times no capacity, each tried again when the gateway said so`,
    `longest stall between tokens ${(longestStallMs / 1000).toFixed(2)} s; longest wait for a first token ${(longestFirstTokenMs / 1000).toFixed(2)} s`,
    '',
    '| clients | tokens/s of one | furthest from the median |',
    '| --- | --- | --- |',
    ...fairness.map(({ kind, clients, medianTokensPerSecond, spread }) => `| ${clients} × ${kind} | ${medianTokensPerSecond.toFixed(2)} | ${(spread * 100).toFixed(1)} % |`),
    '',
    `| memory (RSS) | MB in each minute | growth once warm${warmMs == null ? '' : `, after ${(warmMs / MINUTE_MS).toFixed(1)} min`} |`,
    '| --- | --- | --- |',
    ...memory.map(({ node, bytesByMinute, growth }) =>
      `| ${node} | ${bytesByMinute.map(megabytes).join(', ')} | ${growth == null ? 'too short to say' : `${(growth * 100).toFixed(1)} %`} |`),
    '',
    ...(memory.some(({ growth }) => growth == null) ? ['memory: not judged, the run was too short'] : []),
    ...(missed.length === 0 ? ['every aim that was judged was met'] : missed.map((each) => `missed: ${each}`))
  ].join('\n')
}

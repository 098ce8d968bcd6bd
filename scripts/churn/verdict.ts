/** From what clients went through and nodes hold at the end to what is missed. Pure. */
import { growthOf, type MemoryLog } from '../load/verdict.ts'
import type { ClientLog } from './client.ts'
import type { NodeRest } from './leaks.ts'

export interface ChurnLog {
  readonly clients: readonly ClientLog[]
  readonly kills: number
  readonly slots: number
  /** Before the first question, and after the last answer. */
  readonly before: readonly NodeRest[]
  readonly after: readonly NodeRest[]
  /** Of the clients' process: what is alive in it, and what is resident. */
  readonly alive: MemoryLog['samples']
  readonly resident: MemoryLog['samples']
}

export interface Verdict {
  readonly finished: number
  readonly unfinished: number
  readonly finishedShare: number
  readonly wrong: readonly string[]
  readonly errors: ReadonlyArray<{ readonly message: string, readonly count: number }>
  readonly tokens: number
  readonly repairs: number
  readonly kills: number
  readonly longestGapMs: number
  readonly longestFirstTokenMs: number
  readonly after: readonly NodeRest[]
  /** Of what is alive in the clients' process, and of what is resident, as a share; undefined where the run was too short. */
  readonly growth: number | undefined
  readonly residentGrowth: number | undefined
  /** Aims that were missed, in words. */
  readonly missed: readonly string[]
}

export const aims = {
  finishedShare: 0.995,
  gapMs: 10_000,
  growth: 0.1,
  /** Sockets of a node: each of the others and each client, in every way in which they may be connected, and what it listens on. */
  socketsPerPeer: 3,
  /** Memory of a node, against the largest before the first question. */
  memory: 1.5
} as const

const WATCHED_MS = 120_000

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export function verdict ({ clients, kills, slots, before, after, alive, resident }: ChurnLog): Verdict {
  const counts = new Map<string, number>()
  for (const message of clients.flatMap(({ errors }) => errors)) counts.set(message, (counts.get(message) ?? 0) + 1)
  const errors = [...counts].map(([message, count]) => ({ message, count }))
  const finished = total(clients.map((each) => each.finished))
  const unfinished = total(clients.map((each) => each.errors.length))
  const finishedShare = finished / (finished + unfinished)
  const wrong = clients.flatMap((each) => each.wrong)
  const longestGapMs = most(clients.map(({ longestGapMs }) => longestGapMs))
  const longestFirstTokenMs = most(clients.map(({ longestFirstTokenMs }) => longestFirstTokenMs))
  const peers = after.length + clients.length
  const usualBytes = most(before.map(({ bytes }) => bytes))
  const growth = afterFirstMinute(alive)
  const residentGrowth = afterFirstMinute(resident)
  return {
    finished,
    unfinished,
    finishedShare,
    wrong,
    errors,
    tokens: total(clients.map((each) => each.tokens)),
    repairs: total(clients.map((each) => each.repairs)),
    kills,
    longestGapMs,
    longestFirstTokenMs,
    after,
    growth,
    residentGrowth,
    missed: [
      // nothing finished at all: no share either
      ...(finishedShare >= aims.finishedShare ? [] : [`${aims.finishedShare * 100} % of the answers finish: ${finished} of ${finished + unfinished} did`]),
      ...wrong.map((each) => `every answer is right: ${each}`),
      ...(longestGapMs > aims.gapMs ? [`no hang over ${seconds(aims.gapMs)}: one took ${seconds(longestGapMs)}`] : []),
      ...(longestFirstTokenMs > aims.gapMs ? [`no hang over ${seconds(aims.gapMs)}: a first token took ${seconds(longestFirstTokenMs)}`] : []),
      ...after.flatMap(({ node, freeSlots, sockets = 0, deletedFiles = 0, bytes }) => [
        ...(freeSlots < slots ? [`all slots free again: node ${node} has ${freeSlots} of ${slots}`] : []),
        ...(sockets > aims.socketsPerPeer * peers ? [`no connection left behind: node ${node} has ${sockets} sockets for ${peers} peers`] : []),
        ...(deletedFiles > most(before.map((each) => each.deletedFiles ?? 0)) ? [`no buffer file left behind: node ${node} has ${deletedFiles}`] : []),
        ...(bytes > aims.memory * usualBytes ? [`memory as before: node ${node} has ${megabytes(bytes)} MB, before the first question nobody had more than ${megabytes(usualBytes)}`] : [])
      ]),
      ...(growth !== undefined && growth > aims.growth ? [`what is alive in the clients flat after the first minute: it grew by ${(growth * 100).toFixed(0)} %`] : []),
      ...(residentGrowth !== undefined && residentGrowth > aims.growth ? [`memory of the clients flat after the first minute: it grew by ${(residentGrowth * 100).toFixed(0)} %`] : [])
    ]
  }
}

function afterFirstMinute (all: MemoryLog['samples']): number | undefined {
  const samples = all.filter(({ atMs }) => atMs >= 60_000)
  return (samples.at(-1)?.atMs ?? 0) < WATCHED_MS ? undefined : growthOf(samples)
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)

export function shown ({ finished, unfinished, finishedShare, errors, tokens, repairs, kills, longestGapMs, longestFirstTokenMs, after, growth, residentGrowth, missed }: Verdict): string {
  return [
    `${finished} of ${finished + unfinished} answers finished (${(finishedShare * 100).toFixed(2)} %), ${tokens} tokens; ${kills} kills, ${repairs} repairs told to clients`,
    `longest gap between tokens ${seconds(longestGapMs)}; longest wait for a first token ${seconds(longestFirstTokenMs)}`,
    `memory of the clients: ${growth === undefined || residentGrowth === undefined ? 'watched too shortly to say' : `what is alive grew by ${(growth * 100).toFixed(1)} % after the first minute, what is resident by ${(residentGrowth * 100).toFixed(1)} %`}`,
    ...errors.map(({ message, count }) => `${count} × ${message}`),
    '',
    '| node at the end | free slots | sockets | deleted files | RSS, MB | repairs since its start |',
    '| --- | --- | --- | --- | --- | --- |',
    ...after.map(({ node, freeSlots, sockets, deletedFiles, bytes, repairs: own }) =>
      `| ${node} | ${freeSlots} | ${sockets ?? '–'} | ${deletedFiles ?? '–'} | ${megabytes(bytes)} | ${Object.entries(own).map(([why, count]) => `${count} ${why}`).join(', ')} |`),
    '',
    ...(missed.length === 0 ? ['every aim was met'] : missed.map((each) => `missed: ${each}`))
  ].join('\n')
}

/** Rows, as they are kept and as they are shown. Pure. */
import type { Summary } from './statistics.ts'

export interface Ratio {
  /** What it was divided by, in the same run. */
  readonly against: string
  readonly value: number
  readonly better: 'higher' | 'lower'
  readonly aim?: number
}

export interface Row {
  /** Stays the same from run to run: comparing goes by it. */
  readonly id: string
  readonly what: string
  readonly unit: string
  readonly measured: Summary
  /** The same work by llama.cpp, in the same rounds. */
  readonly llamaCpp?: Summary
  readonly ratios: readonly Ratio[]
  readonly remark?: string
  /** Where it was measured in another run than the page's: its date and commit. */
  readonly made?: string
}

export interface Report {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly rows: readonly Row[]
}

export const isMet = ({ value, better, aim }: Ratio): boolean => aim == null || (better === 'higher' ? value >= aim : value <= aim)

const digits = (value: number): number => (Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2)

export function shown ({ median, low, high, count }: Summary, unit: string): string {
  const places = digits(median)
  return `${median.toFixed(places)} ${unit}${count > 1 ? ` (${low.toFixed(places)}–${high.toFixed(places)})` : ''}`
}

function shownRatio (ratio: Ratio): string {
  const { against, value, better, aim } = ratio
  const aimed = aim == null ? '' : `, aim ${better === 'higher' ? '≥' : '≤'} ${aim}: ${isMet(ratio) ? 'met' : '**missed**'}`
  return `${value.toFixed(2)} × ${against}${aimed}`
}

export function markdown (rows: readonly Row[]): string {
  return [
    '| what | Shoal | llama.cpp | ratio |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ what, unit, measured, llamaCpp, ratios, remark, made }) =>
      `| ${what}${remark == null ? '' : ` (${remark})`}${made == null ? '' : `; ${made}`} | ${shown(measured, unit)} | ${llamaCpp == null ? '–' : shown(llamaCpp, unit)} | ${ratios.map(shownRatio).join('; ')} |`)
  ].join('\n')
}

/** A report of all groups with the rows of a later run of some: in place of those that it measured again, or behind them. */
export function completed (whole: Report, { rows, date, commit }: Report): Report {
  const later = new Map(rows.map((row) => [row.id, { ...row, made: `${date} at ${commit}` }]))
  return { ...whole, rows: [...whole.rows.map((row) => later.get(row.id) ?? row), ...[...later.values()].filter(({ id }) => !whole.rows.some((row) => row.id === id))] }
}

/** What stands behind this line was written by people, and stays when the page is made anew. */
export const NOTES = '<!-- notes: kept as they are when the table is made anew -->'

export function page ({ date, commit, machine, rows }: Report, previous: string): string {
  const at = previous.indexOf(NOTES)
  return `# Benchmarks

\`npm run bench\` makes this page and \`benchmarks.json\` beside it. \`npm run bench -- --quick\` shows a shorter table in a few minutes,
\`--only decode,prefill\` some of its groups (${groups.join(', ')}), \`--model smollm2\` or \`--model random-246m\` one model, \`--delay 10,25\`
the laps over a network that is so many ms long one way; these write nothing unless \`--out FOLDER\` says where, and there they replace the rows that they measured.
\`--compare docs/benchmarks.json\` names the ratios that got worse by more than 15 % and ends with 1 if there are any.
\`npm run load\` is the long run with many clients (\`scripts/load/\`).

Made on ${date} at ${commit}: ${machine}, loopback. Milliseconds and tokens a second hold for this machine; read the ratios.

* Every node is a daemon of its own with one thread; what is measured is what an HTTP client sees. llama.cpp (\`node-llama-cpp\`, one
  thread) does the same work with the same file in the same rounds, in this script's process, without HTTP.
* Medians over interleaved rounds after one that does not count, with the lowest and the highest; ratios are medians of the ratios within a round.
* Prompts are random token ids, so their length is exact and their KV cold, unless the row says cached. End of text is banned.
* SmolLM2-135M is Q4_1; random-246m is a Llama of random weights in Q4_0: width 1,024, feed-forward 2,816, 16 layers, 16 / 4 heads, 32,000 tokens.

${markdown(rows)}

${at < 0 ? `${NOTES}\n` : previous.slice(at)}`
}

export const groups = ['hop', 'gateway', 'weights', 'bandwidth', 'decode', 'prefill', 'sessions', 'prefix', 'delay', 'failover'] as const
export type Group = typeof groups[number]

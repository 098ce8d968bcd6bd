/** Two reports side by side. Pure. */
import { z } from 'zod'
import type { Report } from './table.ts'

export const TOLERANCE = 0.15

export interface Worse {
  readonly id: string
  readonly against: string
  readonly before: number
  readonly now: number
}

const summary = z.object({ median: z.number(), low: z.number(), high: z.number(), count: z.number() })
const report = z.object({
  date: z.string(),
  commit: z.string(),
  machine: z.string(),
  rows: z.array(z.object({
    id: z.string(),
    what: z.string(),
    unit: z.string(),
    measured: summary,
    llamaCpp: summary.exactOptional(),
    ratios: z.array(z.object({ against: z.string(), value: z.number(), better: z.enum(['higher', 'lower']), aim: z.number().exactOptional() })),
    remark: z.string().exactOptional(),
    made: z.string().exactOptional()
  }))
})

/** @throws {Error} where the text is no report */
export function parseReport (text: string): Report {
  const parsed = report.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`this is no report of npm run bench: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`)
  return parsed.data
}

/** Ratios that both have and that got worse by more than 15 %. */
export function worse (before: Pick<Report, 'rows'>, now: Pick<Report, 'rows'>): Worse[] {
  const earlier = new Map(before.rows.flatMap(({ id, ratios }) => ratios.map(({ against, value }) => [`${id} ${against}`, value] as const)))
  return now.rows.flatMap(({ id, ratios }) => ratios.flatMap(({ against, value, better }) => {
    const was = earlier.get(`${id} ${against}`)
    const isWorse = was != null && (better === 'higher' ? value < was * (1 - TOLERANCE) : value > was * (1 + TOLERANCE))
    return isWorse ? [{ id, against, before: was, now: value }] : []
  }))
}

/** The command line. Pure. */
import { parseArgs } from 'node:util'
import { groups, type Group } from './table.ts'

export const modelNames = ['smollm2', 'random-246m'] as const
export type ModelName = typeof modelNames[number]

export interface BenchOptions {
  readonly groups: readonly Group[]
  readonly models: readonly ModelName[]
  readonly delaysMs: readonly number[]
  readonly sessions: readonly number[]
  readonly promptTokens: readonly number[]
  readonly rounds: number
  /** Of a stage, for each row of the time that an answer takes to go on. */
  readonly kills: number
  /** Tokens of an answer whose speed is measured. */
  readonly tokens: number
  readonly compare: string | undefined
  /** Not everything is measured. */
  readonly isPartial: boolean
  /** The folder of the page and its JSON; undefined: they are not written. */
  readonly out: string | undefined
}

export class UsageError extends Error {
  override name = 'UsageError'
}

const MAX_DELAY_MS = 10_000

function chosen<T extends string> (option: string, text: string | undefined, all: readonly T[]): readonly T[] {
  if (text == null) return all
  return text.split(',').map((name) => {
    const found = all.find((each) => each === name.trim())
    if (found == null) throw new UsageError(`--${option} knows no ${JSON.stringify(name)}; there are ${all.join(', ')}`)
    return found
  })
}

function delays (text: string): number[] {
  return text.split(',').map((each) => {
    const ms = Number(each)
    if (each.trim() === '' || !(ms > 0 && ms <= MAX_DELAY_MS)) throw new UsageError(`--delay takes milliseconds up to ${MAX_DELAY_MS}, as in --delay 10,25`)
    return ms
  })
}

/** @throws {UsageError} naming what is wrong */
export function benchOptions (args: readonly string[]): BenchOptions {
  const { values } = parse(args)
  const { quick = false, only, model, delay, compare, out } = values
  const isPartial = quick || only != null || model != null || delay != null
  return {
    // a delay that was asked for is what is to be seen, unless the groups are named too
    groups: only == null && delay != null ? ['delay'] : chosen('only', only, groups),
    models: chosen('model', model, modelNames),
    delaysMs: delay == null ? (quick ? [10] : [5, 10, 25, 50]) : delays(delay),
    sessions: quick ? [1, 4] : [1, 2, 4, 8, 16],
    promptTokens: quick ? [128] : [128, 1024],
    rounds: quick ? 2 : 5,
    kills: quick ? 1 : 10,
    tokens: quick ? 32 : 64,
    compare,
    isPartial,
    out: out ?? (isPartial ? undefined : 'docs')
  }
}

function parse (args: readonly string[]): { values: { quick?: boolean, only?: string, model?: string, delay?: string, compare?: string, out?: string } } {
  const text = { type: 'string' } as const
  try {
    return parseArgs({ args: [...args], options: { quick: { type: 'boolean' }, only: text, model: text, delay: text, compare: text, out: text } })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

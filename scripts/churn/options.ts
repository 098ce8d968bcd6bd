/** The command line of the churn run. Pure. */
import { parseArgs } from 'node:util'
import { UsageError } from '../bench/options.ts'
import { number, text } from '../load/options.ts'

export interface ChurnOptions {
  readonly minutes: number
  readonly clients: number
  /** Between two kills. */
  readonly everySeconds: number
  /** Of whom dies next. */
  readonly seed: number
  /** File of the report as JSON; undefined: it is only shown. */
  readonly out: string | undefined
}

/** @throws {UsageError} naming what is wrong */
export function churnOptions (args: readonly string[]): ChurnOptions {
  const values = parse(args)
  return {
    minutes: number('minutes', values.minutes, 20, false),
    clients: number('clients', values.clients, 8, true),
    everySeconds: number('every', values.every, 10, false),
    seed: number('seed', values.seed, 1, true),
    out: values.out
  }
}

type Values = { readonly [name in 'minutes' | 'clients' | 'every' | 'seed' | 'out']?: string }

function parse (args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: { minutes: text, clients: text, every: text, seed: text, out: text } }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

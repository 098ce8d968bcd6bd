/** The command line of the load run. Pure. */
import { parseArgs } from 'node:util'
import { UsageError } from '../bench/options.ts'

export const loadModels = ['atlas', 'smollm2', 'random-246m'] as const
export type LoadModel = typeof loadModels[number]

export interface LoadOptions {
  readonly minutes: number
  readonly clients: number
  readonly nodes: number
  readonly slots: number
  readonly model: LoadModel
  /** File of the report as JSON; undefined: it is only shown. */
  readonly out: string | undefined
}

export const text = { type: 'string' } as const

/** @throws {UsageError} naming what is wrong */
export function number (name: string, given: string | undefined, usual: number, isWhole: boolean): number {
  const value = given == null ? usual : Number(given)
  if (!(value > 0) || (isWhole && !Number.isInteger(value))) throw new UsageError(`--${name} takes a ${isWhole ? 'whole ' : ''}number above 0`)
  return value
}

/** @throws {UsageError} naming what is wrong */
export function loadOptions (args: readonly string[]): LoadOptions {
  const values = parse(args)
  const model = loadModels.find((each) => each === (values.model ?? 'atlas'))
  if (model == null) throw new UsageError(`--model knows no ${JSON.stringify(values.model)}; there are ${loadModels.join(', ')}`)
  const clients = number('clients', values.clients, 32, true)
  return {
    minutes: number('minutes', values.minutes, 10, false),
    clients,
    nodes: number('nodes', values.nodes, 3, true),
    slots: number('slots', values.slots, clients, true),
    model,
    out: values.out
  }
}

type Values = { readonly [name in 'minutes' | 'clients' | 'nodes' | 'slots' | 'model' | 'out']?: string }

function parse (args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: { minutes: text, clients: text, nodes: text, slots: text, model: text, out: text } }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

import { CommanderError } from 'commander'

/** The command line itself is wrong: exit code 2. The message says what is wrong and what to write instead. */
export class UsageError extends Error {
  static override readonly name = 'UsageError'
  constructor (message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The user stopped it: exit code 130, nothing is printed. */
export class InterruptedError extends Error {
  static override readonly name = 'InterruptedError'
  constructor () {
    super('interrupted')
    this.name = 'InterruptedError'
  }
}

export const exitCodes = { done: 0, failed: 1, usage: 2, noCapacity: 3, interrupted: 130 } as const

/** Errors of the rooms below that mean "the request is wrong", by name: the classes themselves would load what they belong to. */
const wrongRequests = new Set(['UsageError', 'ConfigError', 'UnknownModelError', 'AmbiguousModelError', 'BadAddressError', 'RequestError', 'ContextLengthError', 'TemplateError'])

/** Nobody serves it, or nobody has a free slot now. */
const noCapacity = new Set(['NoCapacityError', 'UncoveredError', 'NobodyServesError', 'NoSourceError'])

/** The exit code that INTERFACE.md gives an error. */
export function exitCode (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  const name = error instanceof Error ? error.name : ''
  if (name === 'InterruptedError') return exitCodes.interrupted
  if (wrongRequests.has(name)) return exitCodes.usage
  return noCapacity.has(name) ? exitCodes.noCapacity : exitCodes.failed
}

const oneLine = (text: string): string => text.trim().split(/\s*\n\s*/).join(' ')

/** One line; the causes, one a line, only when asked for. */
export function describeError (error: unknown, verbose: boolean): string {
  const lines = [`shoal: ${oneLine(error instanceof Error ? error.message || error.name : String(error))}`]
  let cause = error instanceof Error ? error.cause : undefined
  for (let depth = 0; verbose && cause != null && depth < 8; depth++) {
    lines.push(`  caused by: ${cause instanceof Error ? `${cause.name}: ${oneLine(cause.message)}` : typeof cause}`)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines.join('\n')
}

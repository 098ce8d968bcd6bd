/** What becomes of an error that nobody caught. */
import { describeError, exitCodes } from './errors.ts'

/** libp2p reports writes to a stream that is closing this way, after its owner was told: js-libp2p #3415. */
const harmless = new Set(['StreamStateError', 'StreamClosedError', 'StreamResetError'])

/** Anything but known noise ends the process: its state is unknown from there on. */
export function dieOnUncaught (): void {
  const die = (error: unknown): void => {
    if (error instanceof Error && harmless.has(error.name)) return
    process.stderr.write(`${describeError(error, true)}\n`)
    if (error instanceof Error && process.argv.includes('--verbose')) process.stderr.write(`${error.stack ?? ''}\n`)
    process.exit(exitCodes.failed)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}

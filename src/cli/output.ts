/**
 * Where a command's words go: results to standard output (text, or one JSON object a line), everything else to standard error.
 */
import pc from 'picocolors'
import { progressReporter, type Progress } from './progress.ts'

export interface Output {
  readonly json: boolean
  /** A terminal reads standard output. */
  readonly terminal: boolean
  /** One JSON object a line; nothing without `--json`. Bigints become numbers or, where too large, text. */
  event (value: object): void
  /** Text of the result; nothing with `--json`. */
  text (text: string): void
  line (text?: string): void
  /** A word to the person on standard error; nothing with `--json`. */
  note (text: string): void
  progress (label: string, unit?: 'bytes' | 'layers'): Progress
}

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)) : value

export function output (json: boolean, stdout: NodeJS.WriteStream = process.stdout, stderr: NodeJS.WriteStream = process.stderr): Output {
  const event = (value: object): void => { if (json) stdout.write(`${JSON.stringify(value, plain)}\n`) }
  const text = (value: string): void => { if (!json) stdout.write(value) }
  return {
    json,
    terminal: stdout.isTTY && !json,
    event,
    text,
    line: (value = '') => text(`${value}\n`),
    note: (value) => { if (!json) stderr.write(`${pc.dim(value)}\n`) },
    progress: (label, unit) => progressReporter({ label, unit, event, stderr, json })
  }
}

/** Logs go to standard error: readable on a terminal, JSON lines elsewhere. Never a prompt, a token or an activation. */
import pc from 'picocolors'
import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

const names: Readonly<Record<number, string>> = { 10: pc.dim('trace'), 20: pc.dim('debug'), 30: 'info', 40: pc.yellow('warn'), 50: pc.red('error'), 60: pc.red('fatal') }

/** `12:34:56 info  serving layers 0 to 9  model=smollm2`. */
function readable (line: string): string {
  const { level, time, msg, pid: _pid, hostname: _hostname, ...rest } = JSON.parse(line) as Record<string, unknown> // pino's own line
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${pc.dim(new Date(Number(time)).toTimeString().slice(0, 8))} ${names[Number(level)] ?? ''} ${typeof msg === 'string' ? msg : ''}${fields.length > 0 ? pc.dim(`  ${fields.join(' ')}`) : ''}\n`
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogInit {
  readonly verbose: boolean
  /** Says more than `verbose`. */
  readonly logLevel?: LogLevel | undefined
  readonly stderr?: NodeJS.WriteStream
}

export function createLog ({ verbose, logLevel = verbose ? 'debug' : 'info', stderr = process.stderr }: LogInit): Logger {
  const write = (line: string): void => { stderr.write(stderr.isTTY ? readable(line) : line) }
  return pino({ level: logLevel, base: null }, { write })
}

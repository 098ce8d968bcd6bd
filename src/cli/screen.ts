/** A terminal that is drawn over again and again, and left as it was. */
import pc from 'picocolors'
import type { Line } from './status-screen.ts'

export interface Screen {
  readonly columns: number
  readonly rows: number
  draw (lines: readonly Line[]): void
  /** Calls back when the terminal has another size. */
  onResize (listener: () => void): void
  /** The terminal as it was before. Harmless a second time. */
  close (): void
}

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_REST = '\u001b[J'
/** Of a terminal that does not say. */
const COLUMNS = 80
const ROWS = 24

const styles: Readonly<Record<NonNullable<Line['style']>, (text: string) => string>> = { title: pc.bold, dim: pc.dim, bad: pc.red }

/** Takes the terminal over, on its other screen: what was on it comes back with `close`. */
export function openScreen (stdout: NodeJS.WriteStream = process.stdout): Screen {
  let open = true
  const listeners: Array<() => void> = []
  const close = (): void => {
    if (!open) return
    open = false
    for (const listener of listeners) stdout.off('resize', listener)
    process.off('exit', close)
    stdout.write(LEAVE)
  }
  // whatever ends the process
  process.on('exit', close)
  stdout.write(ENTER)
  return {
    // some say 0
    get columns () { return stdout.columns > 0 ? stdout.columns : COLUMNS },
    get rows () { return stdout.rows > 0 ? stdout.rows : ROWS },
    draw (lines) {
      if (!open) return
      const text = lines.map(({ text: plain, style }) => `${style === undefined ? plain : styles[style](plain)}${CLEAR_LINE}`).join('\r\n')
      stdout.write(`${HOME}${text}${CLEAR_REST}`)
    },
    onResize (listener) {
      listeners.push(listener)
      stdout.on('resize', listener)
    },
    close
  }
}

import { Presets, SingleBar } from 'cli-progress'
import { bytes } from './format.ts'

/** Work that may take longer than a second: a bar on a terminal, plain lines elsewhere, events with `--json`. */
export interface Progress {
  update (done: number, total: number): void
  /** Removes the bar. Idempotent. */
  stop (): void
}

export interface ProgressInit {
  readonly label: string
  readonly unit?: 'bytes' | 'layers' | undefined
  readonly json: boolean
  readonly stderr: NodeJS.WriteStream
  event (value: object): void
}

const FIRST_AFTER_MS = 500
const LINE_EVERY_MS = 2_000

/** Nothing is shown of work that is over within half a second. */
export function progressReporter ({ label, unit, json, stderr, event }: ProgressInit): Progress {
  const started = performance.now()
  let said = started - LINE_EVERY_MS + FIRST_AFTER_MS
  let bar: SingleBar | undefined
  const amount = (value: number): string => (unit === 'bytes' ? bytes(value) : String(value))

  const show = (done: number, total: number): void => {
    if (stderr.isTTY && !json) {
      if (bar == null) {
        bar = new SingleBar({
          format: `${label} {bar} {percentage}% {amount} {rate} {left}`,
          stream: stderr,
          hideCursor: true,
          clearOnComplete: true
        }, Presets.shades_classic)
        bar.start(total, done, { amount: '', rate: '', left: '' })
      }
      const seconds = (performance.now() - started) / 1000
      const rate = done / seconds
      bar.setTotal(total)
      bar.update(done, {
        amount: `${amount(done)} of ${amount(total)}`,
        rate: unit === 'bytes' ? `${bytes(rate)}/s` : '',
        left: rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : ''
      })
      return
    }
    const now = performance.now()
    if (now - said < LINE_EVERY_MS) return
    said = now
    if (json) event({ event: 'progress', stage: label, done, total })
    else stderr.write(`${label}: ${amount(done)} of ${amount(total)}\n`)
  }

  return {
    update: (done, total) => {
      if (performance.now() - started >= FIRST_AFTER_MS || bar != null) show(done, total)
    },
    stop: () => {
      bar?.stop()
      bar = undefined
    }
  }
}

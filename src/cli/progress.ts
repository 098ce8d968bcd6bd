import { Presets, SingleBar } from 'cli-progress'
import { bytes } from './format.ts'

/** Work that may take longer than a second: a bar on a terminal, plain lines elsewhere, events with `--json`. */
export interface Progress {
  /** @param sources where bytes come from */
  update (done: number, total: number, sources?: string): void
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
  /** Where this work began: what was there already is no speed. */
  let first: { readonly done: number, readonly atMs: number } | undefined
  const amount = (value: number): string => (unit === 'bytes' ? bytes(value) : String(value))

  const show = (done: number, total: number, sources: string | undefined): void => {
    const since = first ??= { done, atMs: started }
    const rate = Math.max(0, done - since.done) / ((performance.now() - since.atMs) / 1000)
    const secondsLeft = rate > 0 ? Math.ceil((total - done) / rate) : undefined
    if (stderr.isTTY && !json) {
      if (bar == null) {
        bar = new SingleBar({
          format: `${label} {bar} {percentage}% {amount} {rate} {left} {sources}`,
          stream: stderr,
          hideCursor: true,
          clearOnComplete: true
        }, Presets.shades_classic)
        bar.start(total, done, { amount: '', rate: '', left: '', sources: '' })
      }
      bar.setTotal(total)
      bar.update(done, {
        amount: `${amount(done)} of ${amount(total)}`,
        rate: unit === 'bytes' ? `${bytes(rate)}/s` : '',
        left: secondsLeft === undefined ? '' : `${secondsLeft} s left`,
        sources: sources === undefined ? '' : `(${sources})`
      })
      return
    }
    const now = performance.now()
    if (now - said < LINE_EVERY_MS) return
    said = now
    if (json) event({ event: 'progress', stage: label, done, total, ...(unit === 'bytes' ? { bytesPerSecond: Math.round(rate) } : {}), ...(secondsLeft === undefined ? {} : { secondsLeft }), ...(sources === undefined ? {} : { sources }) })
    else stderr.write(`${label}: ${amount(done)} of ${amount(total)}${unit === 'bytes' && rate > 0 ? `, ${bytes(rate)}/s, ${secondsLeft ?? 0} s left` : ''}${sources === undefined ? '' : ` (${sources})`}\n`)
  }

  return {
    update: (done, total, sources) => {
      first ??= { done, atMs: performance.now() }
      if (performance.now() - started >= FIRST_AFTER_MS || bar != null) show(done, total, sources)
    },
    stop: () => {
      bar?.stop()
      bar = undefined
    }
  }
}

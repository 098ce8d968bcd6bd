/** Parts of the served span, for sessions that enter it in its middle: loaded when somebody needs one, from the same blobs, and kept for a while. */
import { spanWeightBytes } from './span-cost.ts'
import type { Engine, SpanRunner, SpanSource } from '../engine/index.ts'
import type { SpanParts } from '../pipeline/index.ts'
import type { Compute, Span } from '../model/index.ts'

export interface PartLoaderInit {
  readonly engine: Pick<Engine, 'load'>
  readonly source: SpanSource
  /** The span as it is served: a part's memory is taken from its KV's. */
  readonly whole: SpanRunner
  readonly compute: Compute
  readonly contextLength: number
  /** How long a part stays that nobody uses. @default 60,000 */
  readonly idleMs?: number
}

export interface PartLoader extends SpanParts {
  close (): Promise<void>
}

/** Sessions that a part has room for, at their longest. */
const SESSIONS = 2
/** Different parts at once. */
const MAX_PARTS = 4

interface Part {
  readonly runner: Promise<SpanRunner>
  users: number
  timer: NodeJS.Timeout | undefined
}

export function partLoader ({ engine, source, whole, compute, contextLength, idleMs = 60_000 }: PartLoaderInit): PartLoader {
  const parts = new Map<string, Part>()
  const givingBack = new Map<string, () => void>()

  async function load (key: string, span: Span): Promise<SpanRunner> {
    const layers = (span.end - span.start) / (whole.span.end - whole.span.start)
    const kvBytes = Math.ceil(SESSIONS * contextLength * whole.kvBytesPerPosition * layers)
    const giveBack = whole.lend(spanWeightBytes(source.manifest, compute, span) + kvBytes)
    try {
      const runner = await engine.load(source, span, { compute, contextLength, kvBytes, slots: SESSIONS })
      givingBack.set(key, giveBack)
      return runner
    } catch (error) {
      giveBack()
      throw error
    }
  }

  async function unload (key: string): Promise<void> {
    const part = parts.get(key)
    if (part === undefined) return
    parts.delete(key)
    clearTimeout(part.timer)
    await (await part.runner.catch(() => undefined))?.close()
    givingBack.get(key)?.()
    givingBack.delete(key)
  }

  return {
    async open (span, { signal } = {}) {
      const key = `${span.start}:${span.end}`
      const idle = [...parts].find(([, { users }]) => users === 0)
      if (!parts.has(key) && parts.size >= MAX_PARTS && idle !== undefined) await unload(idle[0])
      if (!parts.has(key) && parts.size >= MAX_PARTS) throw new Error(`${parts.size} parts of this span are at work already`)
      const part = parts.get(key) ?? { runner: load(key, span), users: 0, timer: undefined }
      parts.set(key, part)
      clearTimeout(part.timer)
      part.users++
      const release = (): void => {
        part.users--
        if (part.users === 0 && parts.get(key) === part) part.timer = setTimeout(() => { void unload(key) }, idleMs).unref()
      }
      try {
        const runner = await part.runner
        signal?.throwIfAborted()
        return { runner, release }
      } catch (error) {
        release()
        if (part.users === 0 && signal?.aborted !== true) await unload(key)
        throw error
      }
    },

    async close () {
      await Promise.all([...parts.keys()].map(unload))
    }
  }
}

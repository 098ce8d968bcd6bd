/** Parts of the served span, for sessions that enter it in its middle: loaded when somebody needs one, from the same blobs, and kept for a while. */
import { spanWeightBytes } from './span-cost.ts'
import { NoCapacityError, type Engine, type LoadOptions, type SpanRunner, type SpanSource } from '../engine/index.ts'
import { systemClock, type Clock, type SpanParts } from '../pipeline/index.ts'
import type { Compute, Span } from '../model/index.ts'

export interface PartLoaderInit {
  readonly engine: Pick<Engine, 'load'>
  readonly source: SpanSource
  /** The span as it is served: a part's memory is taken from its KV's. */
  readonly whole: Pick<SpanRunner, 'span' | 'kvBytesPerPosition' | 'lend'>
  readonly compute: Compute
  readonly contextLength: number
  readonly onRun?: LoadOptions['onRun']
  /** A part could not be closed; its memory counts as free again. */
  onError (error: Error): void
  /** How long a part stays that nobody uses. @default 60,000 */
  readonly idleMs?: number
  /** @default the system's */
  readonly clock?: Clock
}

export interface PartLoader extends SpanParts {
  /** Closes every part, and opens none any more. */
  close (): Promise<void>
}

/** Sessions that a part has room for, at their longest. */
const SESSIONS = 2
/** Different parts at once. */
const MAX_PARTS = 4
/** A part gives way to another one no sooner than this after it was loaded: who asks for one after another keeps nobody loading. */
const MIN_STAY_MS = 30_000

interface Loaded {
  readonly runner: SpanRunner
  readonly giveBack: () => void
}

interface Part {
  readonly loaded: Promise<Loaded>
  users: number
  /** Undefined while it is loaded. */
  sinceMs: number | undefined
  stopTimer (): void
}

export function partLoader ({ engine, source, whole, compute, contextLength, onRun, onError, idleMs = 60_000, clock = systemClock }: PartLoaderInit): PartLoader {
  const parts = new Map<string, Part>()
  const unloading = new Set<Promise<void>>()
  let closed = false

  async function load (span: Span): Promise<Loaded> {
    const layers = (span.end - span.start) / (whole.span.end - whole.span.start)
    const kvBytes = Math.ceil(SESSIONS * contextLength * whole.kvBytesPerPosition * layers)
    const giveBack = whole.lend(spanWeightBytes(source.manifest, compute, span) + kvBytes)
    try {
      return { runner: await engine.load(source, span, { compute, contextLength, kvBytes, slots: SESSIONS, ...(onRun == null ? {} : { onRun }) }), giveBack }
    } catch (error) {
      giveBack()
      throw error
    }
  }

  async function closePart ({ loaded }: Part): Promise<void> {
    const { runner, giveBack } = await loaded.catch(() => ({ runner: undefined, giveBack: undefined })) // whoever asked for it was told
    try {
      await runner?.close()
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)))
    } finally {
      giveBack?.()
    }
  }

  /** Never rejects. */
  async function unload (key: string): Promise<void> {
    const part = parts.get(key)
    if (part === undefined) return
    parts.delete(key)
    part.stopTimer()
    const closing = closePart(part)
    unloading.add(closing)
    await closing
    unloading.delete(closing)
  }

  function added (key: string, span: Span): Part {
    const part: Part = { loaded: load(span), users: 0, sinceMs: undefined, stopTimer () { /* nothing waits */ } }
    part.loaded.then(() => { part.sinceMs = clock.now() }, () => { /* told to whoever waits for it */ })
    parts.set(key, part)
    return part
  }

  async function makeRoom (): Promise<void> {
    const idle = [...parts].find(([, { users, sinceMs }]) => users === 0 && sinceMs !== undefined && clock.now() - sinceMs >= MIN_STAY_MS)
    if (idle !== undefined) await unload(idle[0])
    if (parts.size >= MAX_PARTS) throw new NoCapacityError(`${parts.size} parts of this span are at work already, or were loaded just now`)
  }

  function checkOpen (): void {
    if (closed) throw new NoCapacityError('no part is loaded any more: the node is stopping')
  }

  return {
    async open (span, { signal } = {}) {
      const key = `${span.start}:${span.end}`
      checkOpen()
      if (!parts.has(key) && parts.size >= MAX_PARTS) await makeRoom()
      checkOpen()
      const part = parts.get(key) ?? added(key, span)
      part.stopTimer()
      part.users++
      const release = (): void => {
        part.users--
        if (part.users > 0 || parts.get(key) !== part) return
        part.stopTimer = clock.after(idleMs, () => { void unload(key) })
      }
      try {
        const { runner } = await part.loaded
        signal?.throwIfAborted()
        checkOpen()
        return { runner, release }
      } catch (error) {
        release()
        if (part.users === 0 && part.sinceMs === undefined && parts.get(key) === part) await unload(key)
        throw error
      }
    },

    async close () {
      closed = true
      await Promise.all([...parts.keys()].map(unload))
      await Promise.all(unloading)
    }
  }
}

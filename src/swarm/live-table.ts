import type { OpenedRecord } from './node-record.ts'
import type { NodeRecord } from './types.ts'

const MAX_NODES = 2000
/** How often, at least, it is seen whether a record has expired. */
const MAX_WAIT_MS = 10_000

/** The newest record of every peer, for as long as it lives. */
export interface LiveTable {
  /**
   * `asked`: this node looked for it; what others merely sent does not push anybody out of a full table.
   * @returns whether it is the newest of its peer, and was not known
   */
  take (record: OpenedRecord, asked: boolean): boolean
  live (): NodeRecord[]
  /** Peers whose record was taken longer ago than that. */
  olderThan (ageMs: number): string[]
  /** Whether the peer lives, and its record was taken less than that ago. */
  isFresh (peerId: string, ageMs: number): boolean
  onChange (listener: () => void): () => void
  stop (): void
}

interface Entry {
  readonly record: OpenedRecord
  readonly takenAtMs: number
}

export function liveTable (self: string, now: () => number): LiveTable {
  const entries = new Map<string, Entry>()
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined

  const changed = (): void => { listeners.forEach((listener) => { listener() }) }
  const isLive = ({ record }: Entry): boolean => !record.gone && record.expiresAtMs > now()

  const expire = (): void => {
    clearTimeout(timer)
    const dead = [...entries].filter(([, { record }]) => record.expiresAtMs <= now())
    const noticed = dead.filter(([, { record }]) => !record.gone).length > 0
    dead.forEach(([peerId]) => entries.delete(peerId))
    const next = [...entries.values()].reduce((least, { record }) => Math.min(least, record.expiresAtMs), Infinity)
    if (next < Infinity) {
      timer = setTimeout(expire, Math.min(next - now() + 1, MAX_WAIT_MS))
    }
    if (noticed) {
      changed()
    }
  }

  return {
    take: (record, asked) => {
      const { peerId } = record
      const known = entries.get(peerId)
      if (peerId === self || record.expiresAtMs <= now()) {
        return false
      }
      if (known != null && known.record.seq >= record.seq) {
        // read again: as new as it gets
        entries.set(peerId, { ...known, takenAtMs: now() })
        return false
      }
      if (known == null && entries.size >= MAX_NODES) {
        if (!asked) {
          return false
        }
        entries.delete(entries.keys().next().value ?? '')
      }
      entries.delete(peerId)
      entries.set(peerId, { record, takenAtMs: now() })
      if (entries.size === 1) {
        expire()
      }
      changed()
      return true
    },
    live: () => [...entries.values()].filter(isLive).map(({ record }) => record),
    olderThan: (ageMs) => [...entries].filter(([, entry]) => isLive(entry) && entry.takenAtMs < now() - ageMs).map(([peerId]) => peerId),
    isFresh: (peerId, ageMs) => {
      const entry = entries.get(peerId)
      return entry != null && isLive(entry) && entry.takenAtMs > now() - ageMs
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    stop: () => { clearTimeout(timer) }
  }
}

import { NODE_RECORD_NAMESPACE } from '../../protocols/node-record/index.ts'
import { RecordError } from './errors.ts'
import { checkLife, openRecord, type OpenedRecord } from './node-record.ts'

/** Peers whose last record is remembered. */
const MAX_PEERS = 10_000

/** Remembers the newest record of every peer, so that nobody can roll one back: the DHT itself does not check that on a put. */
export interface RecordBook {
  /** Checks a record that came from anywhere. @throws {RecordError} */
  check (sealed: Uint8Array, peerId?: string): Promise<OpenedRecord>
  /** For the DHT: checks a value under its key. @throws {RecordError} */
  validate (key: Uint8Array, value: Uint8Array): Promise<void>
  /** For the DHT: the index of the record with the highest sequence. */
  select (key: Uint8Array, values: readonly Uint8Array[]): number
  /** Calls back with every record that others stored here and that passed; returns the way to stop that. */
  onStored (listener: (record: OpenedRecord) => void): () => void
}

const PREFIX = `/${NODE_RECORD_NAMESPACE}/`

export const recordKey = (peerId: string): Uint8Array => new TextEncoder().encode(PREFIX + peerId)

interface Entry {
  readonly sealed: Uint8Array
  readonly record: OpenedRecord
}

export function recordBook (now: () => number): RecordBook {
  /** The one not heard of for longest comes first. */
  const newest = new Map<string, Entry>()
  const listeners = new Set<(record: OpenedRecord) => void>()
  /** Sequences of values that were checked a moment ago, for `select`, which can't wait. */
  const checked = new WeakMap<Uint8Array, bigint>()

  /** A lookup brings the same bytes from twenty peers: one signature is enough. */
  const open = async (sealed: Uint8Array, peerId?: string): Promise<OpenedRecord> => {
    const known = peerId == null ? undefined : newest.get(peerId)
    if (known == null || !sameBytes(known.sealed, sealed)) {
      return await openRecord(sealed, { nowMs: now(), ...(peerId == null ? {} : { peerId }) })
    }
    checkLife(known.record, now())
    return known.record
  }

  const check = async (sealed: Uint8Array, peerId?: string): Promise<OpenedRecord> => {
    const record = await open(sealed, peerId)
    const last = newest.get(record.peerId)?.record.seq ?? 0n
    if (record.seq < last) {
      throw new RecordError(`a stale node record of ${record.peerId}: sequence ${record.seq} after ${last}`)
    }
    newest.delete(record.peerId)
    newest.set(record.peerId, { sealed: sealed.slice(), record })
    if (newest.size > MAX_PEERS) {
      newest.delete(newest.keys().next().value ?? '')
    }
    checked.set(sealed, record.seq)
    return record
  }

  return {
    check,
    validate: async (key, value) => {
      const text = new TextDecoder().decode(key)
      if (!text.startsWith(PREFIX)) {
        throw new RecordError('a node record under a key that is none')
      }
      const record = await check(value, text.slice(PREFIX.length))
      listeners.forEach((listener) => { listener(record) })
    },
    select: (_key, values) => {
      let best = 0
      values.forEach((value, index) => {
        if ((checked.get(value) ?? 0n) > (checked.get(values[best] ?? value) ?? 0n)) {
          best = index
        }
      })
      return best
    },
    onStored: (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    }
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index])

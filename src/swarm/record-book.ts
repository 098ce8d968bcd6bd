import { NODE_RECORD_NAMESPACE } from '../../protocols/node-record/index.ts'
import { RecordError } from './errors.ts'
import { openRecord, type OpenedRecord } from './node-record.ts'

/** Peers whose last sequence is remembered. */
const MAX_PEERS = 10_000

/** Remembers the newest record of every peer, so that nobody can roll one back: the DHT itself does not check that on a put. */
export interface RecordBook {
  /** Checks a record that came from anywhere. @throws {RecordError} */
  check (sealed: Uint8Array, peerId?: string): Promise<OpenedRecord>
  /** For the DHT: checks a value under its key. @throws {RecordError} */
  validate (key: Uint8Array, value: Uint8Array): Promise<void>
  /** For the DHT: the index of the record with the highest sequence. */
  select (key: Uint8Array, values: readonly Uint8Array[]): number
}

const PREFIX = `/${NODE_RECORD_NAMESPACE}/`

export const recordKey = (peerId: string): Uint8Array => new TextEncoder().encode(PREFIX + peerId)

export function recordBook (now: () => number): RecordBook {
  const newest = new Map<string, bigint>()
  /** Sequences of values that were checked a moment ago, for `select`, which can't wait. */
  const checked = new WeakMap<Uint8Array, bigint>()

  const check = async (sealed: Uint8Array, peerId?: string): Promise<OpenedRecord> => {
    const record = await openRecord(sealed, { nowMs: now(), ...(peerId == null ? {} : { peerId }) })
    const last = newest.get(record.peerId) ?? 0n
    if (record.seq < last) {
      throw new RecordError(`a stale node record of ${record.peerId}: sequence ${record.seq} after ${last}`)
    }
    // moved to the end: the first in the map is the one not heard of for longest
    newest.delete(record.peerId)
    newest.set(record.peerId, record.seq)
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
      await check(value, text.slice(PREFIX.length))
    },
    select: (_key, values) => {
      let best = 0
      values.forEach((value, index) => {
        if ((checked.get(value) ?? 0n) > (checked.get(values[best] ?? value) ?? 0n)) {
          best = index
        }
      })
      return best
    }
  }
}

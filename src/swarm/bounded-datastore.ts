import { MemoryDatastore } from 'datastore-core/memory'

type Key = Parameters<MemoryDatastore['put']>[0]

/**
 * A datastore in memory that keeps the newest entries, so that strangers who store things here can't fill it. What a DHT holds
 * need not outlive a restart.
 */
export function boundedDatastore (maxEntries: number): MemoryDatastore {
  return new BoundedDatastore(maxEntries)
}

class BoundedDatastore extends MemoryDatastore {
  /** The oldest first. */
  readonly #keys = new Map<string, Key>()
  readonly #maxEntries: number

  constructor (maxEntries: number) {
    super()
    this.#maxEntries = maxEntries
  }

  override put (...args: Parameters<MemoryDatastore['put']>): ReturnType<MemoryDatastore['put']> {
    const [key] = args
    this.#keys.delete(key.toString())
    this.#keys.set(key.toString(), key)
    const [oldest] = this.#keys.values()
    if (this.#keys.size > this.#maxEntries && oldest != null) {
      void this.delete(oldest)
    }
    return super.put(...args)
  }

  override delete (...args: Parameters<MemoryDatastore['delete']>): ReturnType<MemoryDatastore['delete']> {
    this.#keys.delete(args[0].toString())
    return super.delete(...args)
  }
}

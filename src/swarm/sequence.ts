/** Keeps the last sequence over restarts. */
export interface SequenceStore {
  load (): Promise<bigint>
  save (seq: bigint): Promise<void>
}

/** Sequences for this node's records: above all it used before, and never below the clock. One at a time, in the order asked for. */
export function sequenceCounter (now: () => number, store?: SequenceStore): () => Promise<bigint> {
  let last: bigint | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const advance = async (): Promise<bigint> => {
    last ??= await store?.load() ?? 0n
    const clock = BigInt(Math.floor(now()))
    last = clock > last ? clock : last + 1n
    await store?.save(last)
    return last
  }

  return async () => {
    const next = turn.then(advance, advance)
    turn = next
    return await next
  }
}

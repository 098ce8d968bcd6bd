/** Does something with each, so many at a time. */
export async function inLanes<T> (lanes: number, items: readonly T[], task: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = items.map((item, index) => ({ item, index }))
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await task(next.item, next.index)
  }))
}

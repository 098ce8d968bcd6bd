/** Interleaved rounds: everybody takes a turn in each, so that what happens to the machine happens to all. */

export type Turn<Name extends string> = readonly [name: Name, take: () => Promise<number>]

/** One round that does not count, then `rounds` that do; the values of each by name. */
export async function interleaved<Name extends string> (turns: ReadonlyArray<Turn<Name>>, rounds: number): Promise<ReadonlyMap<Name, readonly number[]>> {
  const values = new Map<Name, number[]>(turns.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const [name, take] of turns) {
      const value = await take()
      if (round >= 0) values.get(name)?.push(value)
    }
  }
  return values
}

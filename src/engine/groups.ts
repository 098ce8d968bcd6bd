/** What the planning of a batch needs to know of a slot. */
export interface Placed<S> {
  readonly slab: S
  readonly place: number
}

/** Neighbouring places of one slab that run together. */
export interface Group<S, P extends Placed<S>> {
  readonly slab: S
  readonly first: number
  readonly count: number
  /** Those with work, in order of place. */
  readonly members: readonly P[]
}

export interface GroupLimits<S> {
  /** Whether a place without work may be computed too: its row is then filled with anything. */
  bridges (slab: S, place: number): boolean
  /** Places without work between two with work that are cheaper to compute than a run of their own. */
  readonly maxGap: number
}

/**
 * Puts slots into as few runs as pay: a row more costs about a sixth of what a run of its own costs on a CPU, so a few places
 * without work between two that have some are taken along.
 */
export function groups<S, P extends Placed<S>> (ready: readonly P[], { bridges, maxGap }: GroupLimits<S>): Array<Group<S, P>> {
  const bySlab = new Map<S, P[]>()
  for (const each of ready) {
    bySlab.set(each.slab, [...bySlab.get(each.slab) ?? [], each])
  }
  return [...bySlab].flatMap(([slab, members]) => {
    const made: Array<{ first: number, last: number, members: P[] }> = []
    for (const member of members.sort((a, b) => a.place - b.place)) {
      const open = made.at(-1)
      if (open !== undefined && joins(open.last, member.place)) {
        open.members.push(member)
        open.last = member.place
      } else {
        made.push({ first: member.place, last: member.place, members: [member] })
      }
    }
    return made.map(({ first, last, members: own }) => ({ slab, first, count: last - first + 1, members: own }))

    function joins (from: number, to: number): boolean {
      if (to - from - 1 > maxGap) {
        return false
      }
      for (let place = from + 1; place < to; place++) {
        if (!bridges(slab, place)) {
          return false
        }
      }
      return true
    }
  })
}

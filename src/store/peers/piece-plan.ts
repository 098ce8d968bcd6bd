/** Which piece to ask whom for. Pure. */

/** One piece of one of the plan's blobs, both by index. */
export interface PieceRef {
  readonly blob: number
  readonly piece: number
}

export interface PiecePlan {
  /** Pieces that are not here yet. */
  readonly left: number
  /** Says which blobs somebody has; what was said before is forgotten. */
  offer (source: string, blobs: ReadonlySet<number>): void
  /**
   * The piece to ask `source` for: of the blob that fewest have, of a begun one before another. Where all that it has are under
   * way, one that a single other was asked for, the longest ago; then one that several were, the last of them some time ago.
   */
  next (source: string, nowMs: number): PieceRef | undefined
  /** Every piece of a blob that nobody was asked for: for a source that makes blobs whole. False where some are under way. */
  takeBlob (source: string, blob: number, nowMs: number): boolean
  /** False where it was here already. */
  done (ref: PieceRef): boolean
  /** `source` will not bring this piece. */
  release (source: string, ref: PieceRef): void
  /** `source` will bring nothing any more. */
  gone (source: string): void
  /** Blobs of which pieces are left, and that nobody has. */
  orphans (): number[]
  /** Whether every piece of the blob is here. */
  isWhole (blob: number): boolean
}

interface Asked {
  readonly ref: PieceRef
  readonly at: number
  readonly by: Set<string>
  /** When the last of them was asked. */
  lastMs: number
}

export interface PiecePlanInit {
  /** A piece that two were asked for is asked of a third after this, of a fourth after this again. @default 5,000 */
  readonly lateMs?: number
}

/** @param have for each blob, for each of its pieces, whether it is here already */
export function piecePlan (have: ReadonlyArray<readonly boolean[]>, { lateMs = 5_000 }: PiecePlanInit = {}): PiecePlan {
  /** Pieces of each blob that nobody was asked for, the next one last. */
  const waiting = have.map((pieces) => pieces.flatMap((here, piece) => (here ? [] : [piece])).reverse())
  const missing = have.map((pieces) => new Set(pieces.flatMap((here, piece) => (here ? [] : [piece]))))
  const offers = new Map<string, ReadonlySet<number>>()
  const asked = new Map<string, Asked>()
  let clock = 0

  const key = ({ blob, piece }: PieceRef): string => `${blob}:${piece}`
  const holders = (blob: number): number => [...offers.values()].filter((blobs) => blobs.has(blob)).length

  function ask (source: string, ref: PieceRef, nowMs: number): PieceRef {
    const known = asked.get(key(ref)) ?? { ref, at: clock++, by: new Set(), lastMs: nowMs }
    asked.set(key(ref), known)
    known.by.add(source)
    known.lastMs = nowMs
    return ref
  }

  /** Of all blobs that still wait, the one that fewest have; then the one that most is here of. */
  function rarest (source: string): number | undefined {
    let best: { readonly blob: number, readonly holders: number, readonly left: number } | undefined
    for (const blob of offers.get(source) ?? []) {
      const left = waiting[blob]?.length ?? 0
      if (left === 0) continue
      const one = { blob, holders: holders(blob), left }
      if (best === undefined || one.holders < best.holders || (one.holders === best.holders && one.left < best.left)) best = one
    }
    return best?.blob
  }

  function slowest (source: string, nowMs: number): PieceRef | undefined {
    const held = offers.get(source)
    const mayHelp = ({ ref, by, lastMs }: Asked): boolean => !by.has(source) && held?.has(ref.blob) === true && (by.size === 1 || nowMs - lastMs >= lateMs)
    const [oldest] = [...asked.values()].filter(mayHelp).sort((a, b) => a.by.size - b.by.size || a.at - b.at)
    return oldest?.ref
  }

  function release (source: string, ref: PieceRef): void {
    const one = asked.get(key(ref))
    if (one?.by.delete(source) !== true || one.by.size > 0) return
    asked.delete(key(ref))
    if (missing[ref.blob]?.has(ref.piece) === true) waiting[ref.blob]?.push(ref.piece)
  }

  return {
    get left () { return missing.reduce((sum, pieces) => sum + pieces.size, 0) },
    offer (source, blobs) { offers.set(source, blobs) },
    next (source, nowMs) {
      const blob = rarest(source)
      const piece = blob === undefined ? undefined : waiting[blob]?.pop()
      if (blob !== undefined && piece !== undefined) return ask(source, { blob, piece }, nowMs)
      const late = slowest(source, nowMs)
      return late === undefined ? undefined : ask(source, late, nowMs)
    },
    takeBlob (source, blob, nowMs) {
      const pieces = waiting[blob]
      if (pieces === undefined || pieces.length === 0 || pieces.length < (missing[blob]?.size ?? 0)) return false
      for (const piece of pieces.splice(0)) ask(source, { blob, piece }, nowMs)
      return true
    },
    done (ref) {
      asked.delete(key(ref))
      return missing[ref.blob]?.delete(ref.piece) === true
    },
    release,
    gone (source) {
      offers.delete(source)
      for (const { ref, by } of [...asked.values()]) if (by.has(source)) release(source, ref)
    },
    orphans: () => missing.flatMap((pieces, blob) => (pieces.size > 0 && holders(blob) === 0 ? [blob] : [])),
    isWhole: (blob) => missing[blob]?.size === 0
  }
}

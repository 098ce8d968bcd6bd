/** Prompts of exact length that begin unlike any before. Pure. */

export interface Prompts {
  next (length: number): number[]
}

/** Random ids from `first` up to `vocabSize`; the same seed gives the same prompts. */
export function prompts ({ firstWord, vocabSize }: { readonly firstWord: number, readonly vocabSize: number }, seed = 1): Prompts {
  let state = seed >>> 0
  // mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return { next: (length) => Array.from({ length }, () => firstWord + Math.floor(random() * (vocabSize - firstWord))) }
}

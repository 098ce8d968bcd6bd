/** Bytes that one place may have, both ends included. */
export type ByteRange = readonly [first: number, last: number]

/** Last code points of one, two, three and four bytes; surrogates have no UTF-8. */
const blocks: ReadonlyArray<readonly [first: number, last: number]> = [[0, 0x7f], [0x80, 0x7ff], [0x800, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x10ffff]]

/** Sequences of bytes that are the UTF-8 of the code points from `first` to `last`. */
export function utf8Ranges (first: number, last: number): ByteRange[][] {
  return blocks.flatMap(([from, to]) => first > to || last < from ? [] : sequences(bytes(Math.max(first, from)), bytes(Math.min(last, to))))
}

const bytes = (point: number): number[] => Array.from(new TextEncoder().encode(String.fromCodePoint(point)))

/** Of byte sequences of one length. */
function sequences (low: readonly number[], high: readonly number[]): ByteRange[][] {
  const [first = 0, ...lowRest] = low
  const [last = 0, ...highRest] = high
  if (lowRest.length === 0) return [[[first, last]]]
  const behind = (byte: number, tails: ByteRange[][]): ByteRange[][] => tails.map((tail) => [[byte, byte], ...tail])
  if (first === last) return behind(first, sequences(lowRest, highRest))
  const [lowest, highest] = [lowRest.map(() => 0x80), lowRest.map(() => 0xbf)]
  const isWholeLow = lowRest.every((byte) => byte === 0x80)
  const isWholeHigh = highRest.every((byte) => byte === 0xbf)
  const [from, to] = [isWholeLow ? first : first + 1, isWholeHigh ? last : last - 1]
  return [
    ...isWholeLow ? [] : behind(first, sequences(lowRest, highest)),
    ...from <= to ? [[[from, to] as const, ...lowRest.map(() => [0x80, 0xbf] as const)]] : [],
    ...isWholeHigh ? [] : behind(last, sequences(lowest, highRest))
  ]
}

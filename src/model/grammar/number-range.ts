import { characters, choice, sequence, text, type Rule } from './rules.ts'

export interface NumberRange {
  readonly least: number
  readonly leastExcluded: boolean
  readonly most: number
  readonly mostExcluded: boolean
}

/** As many digits as a double holds whatever they are. */
const DIGITS = 15
const LARGEST = 10 ** DIGITS - 1
/** Decimals that numbers within bounds are written with; more where nothing fits between the bounds otherwise. */
const USUAL_DECIMALS = 3

/** Whole numbers of a range. */
export const integersWithin = (range: NumberRange): Rule => scaledWithin(range, 0)

/** Numbers of a range with up to as many decimals as it takes. */
export function numbersWithin (range: NumberRange): Rule {
  const found: Rule[] = []
  for (let decimals = 0; decimals <= DIGITS - 1 && (decimals <= USUAL_DECIMALS || found.length === 0); decimals++) {
    const rule = scaledWithin(range, decimals)
    if (rule.kind !== 'choice' || rule.of.length > 0) found.push(rule)
  }
  return choice(...found)
}

/** Numbers k / 10^decimals of the range, written with that many decimals. */
function scaledWithin (range: NumberRange, decimals: number): Rule {
  const fits = (scaled: number): boolean => {
    const value = Number(written(scaled, decimals))
    return (range.leastExcluded ? value > range.least : value >= range.least) && (range.mostExcluded ? value < range.most : value <= range.most)
  }
  const scale = 10 ** decimals
  let low = Math.max(-LARGEST, Math.ceil(range.least * scale) - 1)
  let high = Math.min(LARGEST, Math.floor(range.most * scale) + 1)
  // the product is rounded: only the text says what a number is
  for (let tries = 0; tries < 4 && low <= high && !fits(low); tries++) low++
  for (let tries = 0; tries < 4 && low <= high && !fits(high); tries++) high--
  if (low > high || !fits(low) || !fits(high)) return choice()
  return choice(
    ...high >= 0 ? digitsBetween(Math.max(low, 0), high, decimals).map((digits) => digitRule(digits, decimals)) : [],
    ...low < 0 ? digitsBetween(Math.max(1, -Math.min(high, -1)), -low, decimals).map((digits) => sequence(text('-'), digitRule(digits, decimals))) : []
  )
}

function written (scaled: number, decimals: number): string {
  const digits = Math.abs(scaled).toString().padStart(decimals + 1, '0')
  return `${scaled < 0 ? '-' : ''}${digits.slice(0, digits.length - decimals)}.${digits.slice(digits.length - decimals)}0`
}

/** For each place what its digit may be. */
type Digits = ReadonlyArray<readonly [least: number, most: number]>

/** Everything from `low` to `high`, both ≥ 0, as runs of digits of at least `decimals` + 1 places without needless zeros before. */
function digitsBetween (low: number, high: number, decimals: number): Digits[] {
  const found: Digits[] = []
  for (let from = low; from <= high;) {
    const places = Math.max(decimals + 1, from.toString().length)
    const to = Math.min(high, 10 ** places - 1)
    found.push(...sameLength(from.toString().padStart(places, '0'), to.toString().padStart(places, '0')))
    from = to + 1
  }
  return found
}

function sameLength (low: string, high: string): Digits[] {
  const [first, last] = [Number(low[0]), Number(high[0])]
  if (low.length === 1) return [[[first, last]]]
  const [lowRest, highRest] = [low.slice(1), high.slice(1)]
  const behind = (digit: number, tails: Digits[]): Digits[] => tails.map((tail) => [[digit, digit], ...tail])
  if (first === last) return behind(first, sameLength(lowRest, highRest))
  const isLowest = /^0*$/.test(lowRest)
  const isHighest = /^9*$/.test(highRest)
  const [from, to] = [isLowest ? first : first + 1, isHighest ? last : last - 1]
  return [
    ...isLowest ? [] : behind(first, sameLength(lowRest, '9'.repeat(lowRest.length))),
    ...from <= to ? [[[from, to] as const, ...Array.from(lowRest, () => [0, 9] as const)]] : [],
    ...isHighest ? [] : behind(last, sameLength('0'.repeat(highRest.length), highRest))
  ]
}

function digitRule (digits: Digits, decimals: number): Rule {
  const each = digits.map(([least, most]) => least === most ? text(String(least)) : characters([[48 + least, 48 + most]]))
  const point = each.length - decimals
  return decimals === 0 ? sequence(...each) : sequence(...each.slice(0, point), text('.'), ...each.slice(point))
}

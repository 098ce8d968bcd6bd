import { NOTHING, choice, named, repeat, sequence, type CodeRange, type Rule } from './rules.ts'
import { stringCharacter } from './json-text.ts'

const LAST = 0x10ffff
/** Of a repetition: texts are shorter anyway. */
export const MAX_REPEATS = 65_536
const MAX_DEPTH = 32

const digit: readonly CodeRange[] = [[48, 57]]
const word: readonly CodeRange[] = [[48, 57], [65, 90], [95, 95], [97, 122]]
const space: readonly CodeRange[] = [[9, 13], [32, 32], [160, 160], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]]
const lineEnds: readonly CodeRange[] = [[10, 10], [13, 13], [0x2028, 0x2029]]
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }

/** What all but these are. */
function complement (ranges: readonly CodeRange[]): CodeRange[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b)
  const rest: CodeRange[] = []
  let from = 0
  for (const [first, last] of sorted) {
    if (first > from) rest.push([from, first - 1])
    from = Math.max(from, last + 1)
  }
  return from <= LAST ? [...rest, [from, LAST]] : rest
}

/**
 * The inside of a JSON string that a regular expression of ECMA 262 (`u`) finds something in, as JSON Schema's `pattern` means it.
 * @throws {Error} that names what is not supported: look-around, back references, word borders, properties of Unicode, anchors elsewhere than at the ends
 */
export function patternRule (pattern: string): Rule {
  const source = Array.from(pattern)
  let at = 0
  const fail = (what: string): never => { throw new Error(`${what} in the pattern ${JSON.stringify(pattern.slice(0, 64))}`) }
  const next = (): string => source[at++] ?? fail('it ends too early')
  const eat = (expected: string): boolean => {
    const found = source.slice(at, at + expected.length).join('') === expected
    if (found) at += expected.length
    return found
  }

  const set = (ranges: readonly CodeRange[]): Rule => stringCharacter(ranges)

  function hex (digits: number): number {
    const written = source.slice(at, at + digits).join('')
    if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(written)) fail('a malformed escape')
    at += digits
    return Number.parseInt(written, 16)
  }

  /** Behind a backslash. */
  function escape (): readonly CodeRange[] {
    const character = next()
    switch (character) {
      case 'd': return digit
      case 'D': return complement(digit)
      case 'w': return word
      case 'W': return complement(word)
      case 's': return space
      case 'S': return complement(space)
      case 'x': return one(hex(2))
      case 'u': return one(eat('{') ? braced() : hex(4))
    }
    const control = controls[character]
    if (control !== undefined) return one(control)
    return /[a-zA-Z0-9]/.test(character) ? fail(`'\\${character}' is not supported`) : one(character.codePointAt(0) ?? 0)
  }

  function braced (): number {
    let written = ''
    for (let character = next(); character !== '}'; character = next()) written += character
    const point = /^[0-9a-fA-F]{1,6}$/.test(written) ? Number.parseInt(written, 16) : LAST + 1
    return point <= LAST ? point : fail('a malformed escape')
  }

  const one = (point: number): readonly CodeRange[] => [[point, point]]

  /** Behind a `[`. */
  function characterClass (): Rule {
    const negated = eat('^')
    const ranges: CodeRange[] = []
    const member = (): readonly CodeRange[] => {
      const character = next()
      return character === '\\' ? eat('b') ? one(8) : escape() : one(character.codePointAt(0) ?? 0)
    }
    while (!eat(']')) {
      const first = member()
      if (source[at] !== '-' || source[at + 1] === ']') {
        ranges.push(...first)
        continue
      }
      at++
      const last = member()
      const [[from, same] = [0, 1], [to, equal] = [0, 1]] = [first[0], last[0]]
      if (first.length !== 1 || last.length !== 1 || from !== same || to !== equal || from > to) fail('a malformed range')
      ranges.push([from, to])
    }
    return set(negated ? complement(ranges) : ranges)
  }

  function atom (depth: number): Rule {
    const character = next()
    switch (character) {
      case '(': {
        if (eat('?')) {
          if (eat('<') && source[at] !== '=' && source[at] !== '!') while (next() !== '>') { /* a name */ }
          else if (!eat(':')) fail('look-around is not supported')
        }
        const inner = alternatives(depth + 1).map(({ rule, start, end }) => start || end ? fail('an anchor inside a group is not supported') : rule)
        if (!eat(')')) fail('a group is not closed')
        return choice(...inner)
      }
      case '[': return characterClass()
      case '.': return set(complement(lineEnds))
      case '\\': return set(escape())
      case '*': case '+': case '?': case '{': case '}': case ']': case ')': return fail(`a lone '${character}'`)
      default: return set(one(character.codePointAt(0) ?? 0))
    }
  }

  function quantified (depth: number): Rule {
    const of = atom(depth)
    let rule = of
    if (eat('*')) rule = repeat(of, 0)
    else if (eat('+')) rule = repeat(of, 1)
    else if (eat('?')) rule = choice(of, NOTHING)
    else if (eat('{')) {
      const [, least, comma, most] = /^(\d+)(,?)(\d*)}/.exec(source.slice(at, at + 32).join('')) ?? fail('a malformed repetition')
      at = source.indexOf('}', at) + 1
      const [from, to] = [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)]
      if (from > to || from > MAX_REPEATS) fail('a repetition too often')
      rule = repeat(of, from, to < Infinity ? Math.min(to, MAX_REPEATS) : to)
    } else return of
    eat('?')
    return rule
  }

  interface Alternative { readonly rule: Rule, readonly start: boolean, readonly end: boolean }

  function alternatives (depth: number): Alternative[] {
    if (depth > MAX_DEPTH) fail('groups nested too deep')
    const found: Alternative[] = []
    do {
      const parts: Rule[] = []
      const start = eat('^')
      let end = false
      while (at < source.length && source[at] !== '|' && source[at] !== ')') {
        if (source[at] === '^' || end) fail('an anchor in the middle is not supported')
        if (eat('$')) end = true
        else parts.push(quantified(depth))
      }
      found.push({ rule: sequence(...parts), start, end })
    } while (eat('|'))
    return found
  }

  const all = alternatives(0)
  if (at < source.length) fail("a lone ')'")
  const anything = repeat(named('character'), 0)
  return choice(...all.map(({ rule, start, end }) => sequence(...start ? [] : [anything], rule, ...end ? [] : [anything])))
}

import { MalformedError } from '../errors.ts'
import type { GrammarRule as Rule, GrammarRules as Rules } from '../../model/index.ts'

/** A grammar in characters. */
export const MAX_GRAMMAR_TEXT = 256 * 1024
/** How deep groups lie in one another. */
const MAX_DEPTH = 256
const MAX_REPEATS = 65_536
const LAST_POINT = 0x10ffff

const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9 }
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * Rules as protocols/ring/README.md has them: `name ::= "text" [a-z] [^a-z] name (… | …) x* x+ x? x{m} x{m,} x{m,n}`.
 * @throws {MalformedError}
 */
export function parseGrammar (source: string): Rules {
  if (source.length > MAX_GRAMMAR_TEXT) throw new MalformedError(`a grammar of ${source.length} characters, and ${MAX_GRAMMAR_TEXT} are taken`)
  let at = 0
  function fail (what: string): never {
    throw new MalformedError(`the grammar is malformed at character ${at}: ${what}`)
  }
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    at += found?.length ?? 0
    return found
  }
  function space (): void {
    match(/[ \t\r\n]*/y)
  }
  function inLine (): void {
    match(/[ \t]*/y)
  }
  const name = (): string | undefined => match(/[A-Za-z_][A-Za-z0-9_-]*/y)

  /** One code point of a text or a class. */
  function point (): number {
    const character = String.fromCodePoint(source.codePointAt(at) ?? fail('it ends too early'))
    at += character.length
    if (character === '\n' || character === '\r') fail('the line ends too early')
    if (character !== '\\') return character.codePointAt(0) ?? 0
    const kind = source[at++] ?? ''
    const digits = hexDigits[kind]
    if (digits === undefined) return controls[kind] ?? kind.codePointAt(0) ?? fail('it ends too early')
    const written = source.slice(at, at + digits)
    const value = /^[0-9a-fA-F]+$/.test(written) && written.length === digits ? Number.parseInt(written, 16) : Infinity
    at += digits
    return value <= LAST_POINT ? value : fail('a malformed escape')
  }

  function text (): Rule {
    at++
    let found = ''
    while (source[at] !== '"') found += String.fromCodePoint(point())
    at++
    return { kind: 'text', text: found }
  }

  function characters (): Rule {
    at++
    const isNegated = source[at] === '^'
    if (isNegated) at++
    const ranges: Array<readonly [number, number]> = []
    while (source[at] !== ']') {
      const first = point()
      const isRange = source[at] === '-' && source[at + 1] !== ']'
      if (isRange) at++
      const last = isRange ? point() : first
      if (first > last) fail('a range from a later to an earlier character')
      ranges.push([first, last])
    }
    at++
    return { kind: 'characters', ranges: isNegated ? without(ranges) : ranges }
  }

  function repeated (of: Rule): Rule {
    const sign = match(/[*+?]|\{[0-9]{1,6}(,[0-9]{0,6})?\}/y)
    if (sign === undefined) return of
    if (sign === '*') return { kind: 'repeat', of, least: 0, most: Infinity }
    if (sign === '+') return { kind: 'repeat', of, least: 1, most: Infinity }
    if (sign === '?') return { kind: 'repeat', of, least: 0, most: 1 }
    const [from = '', to] = sign.slice(1, -1).split(',')
    const least = Number(from)
    const most = to === undefined ? least : to === '' ? Infinity : Number(to)
    if (least > most || least > MAX_REPEATS || (most > MAX_REPEATS && most < Infinity)) fail('a repetition too often')
    return { kind: 'repeat', of, least, most }
  }

  function alternatives (depth: number, skip: () => void): Rule {
    if (depth > MAX_DEPTH) fail('groups nested too deep')
    const all: Rule[] = []
    do {
      const parts: Rule[] = []
      skip()
      while (source[at] !== undefined && !['|', ')', '\n', '\r'].includes(source[at] ?? '')) {
        parts.push(repeated(element(depth)))
        skip()
      }
      all.push(parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'sequence', of: parts })
    } while (match(/\|/y) !== undefined)
    return all.length === 1 && all[0] !== undefined ? all[0] : { kind: 'choice', of: all }
  }

  function element (depth: number): Rule {
    switch (source[at]) {
      case '"': return text()
      case '[': return characters()
      case '(': {
        at++
        const inner = alternatives(depth + 1, space)
        if (match(/\)/y) === undefined) fail('a group is not closed')
        return inner
      }
      default: {
        const found = name()
        return found === undefined ? fail('a text, a class, a group or the name of a rule belongs here') : { kind: 'named', name: found }
      }
    }
  }

  const rules = new Map<string, Rule>()
  space()
  while (at < source.length) {
    const own = name() ?? fail('a rule begins with its name')
    inLine()
    if (match(/::=/y) === undefined) fail("'::=' belongs behind a rule's name")
    if (rules.has(own)) fail(`the rule '${own.slice(0, 64)}' is there twice`)
    rules.set(own, alternatives(0, inLine))
    if (source[at] === ')') fail("a lone ')'")
    space()
  }
  if (!rules.has('root')) throw new MalformedError("the grammar has no rule 'root'")
  return rules
}

/** What all but these are. */
function without (ranges: ReadonlyArray<readonly [number, number]>): Array<readonly [number, number]> {
  const rest: Array<readonly [number, number]> = []
  let from = 0
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    if (first > from) rest.push([from, first - 1])
    from = Math.max(from, last + 1)
  }
  return from <= LAST_POINT ? [...rest, [from, LAST_POINT]] : rest
}

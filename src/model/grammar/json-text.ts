import { characters, choice, named, optional, repeat, sequence, text, type CodeRange, type Rule } from './rules.ts'

/**
 * How JSON is written in answers: on one line, `", "` and `": "` between values as in Python, and strings with every character as
 * itself but those that JSON has a short escape for. So each character of a string's value is one of its text, and a length is a count.
 */

export const COMMA = text(', ')

/** Characters with a short escape, and how that is written. */
const escapes: ReadonlyMap<number, string> = new Map([[34, '\\"'], [92, '\\\\'], [8, '\\b'], [9, '\\t'], [10, '\\n'], [12, '\\f'], [13, '\\r']])

/** What stands for itself: no control characters, no surrogates. */
const plain: readonly CodeRange[] = [[0x20, 0x21], [0x23, 0x5b], [0x5d, 0x7e], [0x80, 0xd7ff], [0xe000, 0x10ffff]]

/** One character of these inside a string. */
export function stringCharacter (ranges: readonly CodeRange[]): Rule {
  const literal = ranges.flatMap(([first, last]) => plain.flatMap(([least, most]) => Math.max(first, least) > Math.min(last, most) ? [] : [[Math.max(first, least), Math.min(last, most)] as const]))
  const short = [...escapes].filter(([point]) => ranges.some(([first, last]) => first <= point && point <= last)).map(([, written]) => text(written))
  return choice(...literal.length === 0 ? [] : [characters(literal)], ...short)
}

/** Rules that every grammar of JSON has. */
export const sharedRules: ReadonlyArray<readonly [name: string, rule: Rule]> = [
  ['character', stringCharacter([[0, 0x10ffff]])],
  ['string', sequence(text('"'), repeat(named('character'), 0), text('"'))],
  ['digits', repeat(characters([[48, 57]]), 0, 14)],
  ['integer', choice(text('0'), sequence(optional(text('-')), characters([[49, 57]]), named('digits')))],
  ['number', sequence(named('integer'), optional(sequence(text('.'), repeat(characters([[48, 57]]), 1, 15))))],
  ['member', sequence(named('string'), text(': '), named('value'))],
  ['object', sequence(text('{'), optional(sequence(named('member'), repeat(sequence(COMMA, named('member')), 0))), text('}'))],
  ['array', sequence(text('['), optional(sequence(named('value'), repeat(sequence(COMMA, named('value')), 0))), text(']'))],
  ['value', choice(named('object'), named('array'), named('string'), named('number'), text('true'), text('false'), text('null'))]
]

/** A value that is known, as it has to be written. */
export function jsonText (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${jsonText(each)}`).join(', ')}}`
  return JSON.stringify(value)
}

/** A string that is none of `names`, with its quotation marks: letter by letter along their common beginnings, then off them. */
export function otherString (names: readonly string[]): Rule {
  const rest = (from: readonly string[]): Rule => {
    const heads = new Map<string, string[]>()
    for (const name of from) {
      const [head] = name
      if (head !== undefined) heads.set(head, [...heads.get(head) ?? [], name.slice(head.length)])
    }
    const taken = [...heads.keys()].map((head) => head.codePointAt(0) ?? 0).sort((a, b) => a - b)
    const free: CodeRange[] = [...taken, 0x110000].map((point, index) => [index === 0 ? 0 : (taken[index - 1] ?? 0) + 1, point - 1] as const).filter(([first, last]) => first <= last)
    return choice(
      ...from.includes('') ? [] : [text('"')],
      sequence(stringCharacter(free), repeat(named('character'), 0), text('"')),
      ...[...heads].map(([head, tails]) => sequence(stringCharacter([[head.codePointAt(0) ?? 0, head.codePointAt(0) ?? 0]]), rest(tails)))
    )
  }
  return sequence(text('"'), rest(names))
}

/** One thing that a text may be, before it is written down as EBNF. */
export type Rule =
  | { readonly kind: 'text', readonly text: string }
  /** One code point of these ranges, both ends included. */
  | { readonly kind: 'characters', readonly ranges: readonly CodeRange[] }
  | { readonly kind: 'sequence', readonly of: readonly Rule[] }
  /** Of nothing: what can't be. */
  | { readonly kind: 'choice', readonly of: readonly Rule[] }
  | { readonly kind: 'repeat', readonly of: Rule, readonly least: number, readonly most: number }
  | { readonly kind: 'named', readonly name: string }

export type CodeRange = readonly [first: number, last: number]

export const text = (value: string): Rule => ({ kind: 'text', text: value })
export const characters = (ranges: readonly CodeRange[]): Rule => ({ kind: 'characters', ranges })
export const sequence = (...of: readonly Rule[]): Rule => ({ kind: 'sequence', of })
export const choice = (...of: readonly Rule[]): Rule => ({ kind: 'choice', of })
export const repeat = (of: Rule, least: number, most = Infinity): Rule => ({ kind: 'repeat', of, least, most })
export const optional = (of: Rule): Rule => choice(of, NOTHING)
export const named = (name: string): Rule => ({ kind: 'named', name })
export const NOTHING: Rule = { kind: 'sequence', of: [] }

/** Named rules; those that can't be anything are missing. */
export type Rules = ReadonlyMap<string, Rule>

/** Names of rules that a text can come to an end in: a rule that only ever needs itself is none of them. */
export function productive (rules: Rules): ReadonlySet<string> {
  const found = new Set<string>()
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const [name, rule] of rules) if (!found.has(name) && canEnd(rule, found)) found.add(name)
  }
  return found
}

function canEnd (rule: Rule, known: ReadonlySet<string>): boolean {
  switch (rule.kind) {
    case 'text': return true
    case 'characters': return rule.ranges.length > 0
    case 'sequence': return rule.of.every((each) => canEnd(each, known))
    case 'choice': return rule.of.some((each) => canEnd(each, known))
    case 'repeat': return rule.least === 0 || canEnd(rule.of, known)
    case 'named': return known.has(rule.name)
  }
}

/** The rules as EBNF, one a line; undefined where no text fits `root`. */
export function writeRules (rules: Rules, root: string): string | undefined {
  const known = productive(rules)
  if (!known.has(root)) return undefined
  return [root, ...[...known].filter((name) => name !== root)].map((name) => `${name} ::= ${written(rules.get(name) ?? NOTHING, known)}\n`).join('')
}

function written (rule: Rule, known: ReadonlySet<string>): string {
  switch (rule.kind) {
    case 'text': return `"${Array.from(rule.text, escaped).join('')}"`
    case 'characters': return `[${rule.ranges.map(([first, last]) => first === last ? code(first) : `${code(first)}-${code(last)}`).join('')}]`
    case 'sequence': return rule.of.length === 0 ? '""' : rule.of.map((each) => written(each, known)).join(' ')
    case 'choice': {
      const possible = rule.of.filter((each) => canEnd(each, known)).map((each) => written(each, known))
      return possible.length === 1 ? possible[0] ?? '' : `(${possible.join(' | ')})`
    }
    case 'repeat': {
      if (rule.most === 0 || !canEnd(rule.of, known)) return '""'
      return `(${written(rule.of, known)})${rule.most < Infinity ? `{${rule.least},${rule.most}}` : rule.least > 0 ? `{${rule.least},}` : '*'}`
    }
    case 'named': return rule.name
  }
}

function escaped (character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const point = character.codePointAt(0) ?? 0
  return point < 32 || point === 127 ? code(point) : character
}

/** A code point inside a class, where much is syntax. */
function code (point: number): string {
  const isPlain = (point >= 48 && point <= 57) || (point >= 65 && point <= 90) || (point >= 97 && point <= 122)
  if (isPlain) return String.fromCodePoint(point)
  return point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`
}

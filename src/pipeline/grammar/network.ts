import { MalformedError } from '../errors.ts'
import { utf8Ranges } from './utf8-ranges.ts'
import type { GrammarRule as Rule, GrammarRules as Rules } from '../../model/index.ts'

/** A place in a grammar, and what may come there. */
export type Node =
  /** One byte of a range, then on. */
  | { readonly kind: 'byte', readonly first: number, readonly last: number, readonly next: number }
  | { readonly kind: 'fork', readonly to: readonly number[] }
  /** Everything from `body` to its end, then on. */
  | { readonly kind: 'call', body: number, readonly next: number }
  /** `body` again and again, as often as `least` to `most`, then on. */
  | { readonly kind: 'loop', body: number, readonly next: number, readonly least: number, readonly most: number }
  /** Back to whoever called. */
  | { readonly kind: 'end' }

export interface Network {
  readonly nodes: readonly Node[]
  readonly start: number
}

/** Where free text stops being free. */
export interface Marker {
  /** Before it anything may come; behind it a text of the grammar. */
  readonly text: string
  /** Behind that text anything may come again, and the marker too. */
  readonly many: boolean
}

/** What a grammar of the longest text needs at most, a few times over; an automaton counts on less than 2^20. */
const MAX_NODES = 1_000_000

/** Rules over characters as a network over bytes. @throws {MalformedError} where a rule is missing, or there is too much */
export function network (rules: Rules, marker?: Marker): Network {
  const nodes: Node[] = [{ kind: 'end' }]
  const END = 0
  const bodies = new Map<string, number>()
  const waiting: Array<{ readonly node: Extract<Node, { kind: 'call' }>, readonly name: string }> = []

  function add (node: Node): number {
    if (nodes.length >= MAX_NODES) throw new MalformedError('the grammar is too large')
    return nodes.push(node) - 1
  }

  function bytes (sequence: ReadonlyArray<readonly [number, number]>, next: number): number {
    return sequence.reduceRight((behind, [first, last]) => add({ kind: 'byte', first, last, next: behind }), next)
  }

  const fork = (to: readonly number[]): number => to.length === 1 ? to[0] ?? END : add({ kind: 'fork', to })

  /** The rule's place, from which it goes on to `next`. */
  function place (rule: Rule, next: number): number {
    switch (rule.kind) {
      case 'text': return bytes(Array.from(new TextEncoder().encode(rule.text), (byte) => [byte, byte] as const), next)
      case 'characters': return fork(rule.ranges.flatMap(([first, last]) => utf8Ranges(first, last)).map((sequence) => bytes(sequence, next)))
      case 'sequence': return rule.of.reduceRight((behind, each) => place(each, behind), next)
      case 'choice': return fork(rule.of.map((each) => place(each, next)))
      case 'repeat': return rule.most === 0 ? next : add({ kind: 'loop', body: place(rule.of, END), next, least: rule.least, most: rule.most })
      case 'named': {
        const node: Node = { kind: 'call', body: END, next }
        waiting.push({ node, name: rule.name })
        return add(node)
      }
    }
  }

  for (const [name, rule] of rules) bodies.set(name, place(rule, END))
  for (const { node, name } of waiting) {
    const body = bodies.get(name)
    if (body === undefined) throw new MalformedError(`the grammar has no rule '${name.slice(0, 64)}'`)
    node.body = body
  }
  const root = bodies.get('root') ?? END
  return { nodes, start: marker === undefined ? root : freeText(marker, root) }

  /** Anything without the marker, told by how much of it the text's end is: the automaton of Knuth, Morris and Pratt. */
  function freeText ({ text, many }: Marker, body: number): number {
    const pattern = new TextEncoder().encode(text)
    if (pattern.length === 0) throw new MalformedError('a marker is a text')
    const places: number[] = Array.from(pattern, () => add({ kind: 'fork', to: [] }))
    const found = add({ kind: 'call', body, next: many ? places[0] ?? END : END })
    const follow = (matched: number, byte: number): number => {
      for (let length = Math.min(matched + 1, pattern.length); length > 0; length--) {
        const tail = [...pattern.subarray(matched - length + 1, matched), byte]
        if (tail.every((each, index) => each === pattern[index])) return length
      }
      return 0
    }
    for (const [matched, at] of places.entries()) {
      const to = [END]
      for (let first = 0; first < 256;) {
        const target = follow(matched, first)
        let last = first
        while (last < 255 && follow(matched, last + 1) === target) last++
        to.push(add({ kind: 'byte', first, last, next: target === pattern.length ? found : places[target] ?? END }))
        first = last + 1
      }
      nodes[at] = { kind: 'fork', to }
    }
    return places[0] ?? END
  }
}

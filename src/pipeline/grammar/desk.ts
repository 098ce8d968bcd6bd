import { GrammarError } from './errors.ts'
import { parseGrammar } from './grammar-text.ts'
import { matcher, type Matcher } from './matcher.ts'
import { network } from './network.ts'
import { tokenTrie, type TokenTrie } from './token-trie.ts'
import { MalformedError } from '../errors.ts'
import type { Answer, Order, PackedTokens } from './messages.ts'

/** Vocabularies with their control tokens that count as text: each takes some ten MB. */
const KEPT_TRIES = 4

/** What the worker does with an order. */
export function desk (): (order: Order) => Answer | undefined {
  const vocabularies = new Map<number, PackedTokens>()
  const tries = new Map<string, TokenTrie>()
  /** Made when its first mask is asked for, so that whoever asks hears what is wrong. */
  const sessions = new Map<number, () => Matcher>()

  const packed = ({ bytes, ends }: PackedTokens, id: number): Uint8Array | undefined =>
    id < ends.length ? bytes.subarray(id === 0 ? 0 : ends[id - 1], ends[id]) : undefined

  function trieOf (vocabulary: number, tokens: PackedTokens, visible: ReadonlyMap<number, Uint8Array>): TokenTrie {
    const key = `${vocabulary} ${[...visible.keys()].sort((a, b) => a - b).join(' ')}`
    const known = tries.get(key)
    if (known !== undefined) return known
    const made = tokenTrie(Array.from(tokens.ends, (_, id) => visible.get(id) ?? packed(tokens, id)))
    const [oldest] = tries.keys()
    if (tries.size >= KEPT_TRIES && oldest !== undefined) tries.delete(oldest)
    tries.set(key, made)
    return made
  }

  function open ({ session, vocabulary, plan, visible }: Extract<Order, { kind: 'open' }>): void {
    let made: Matcher | undefined
    sessions.set(session, () => {
      if (made !== undefined) return made
      const tokens = vocabularies.get(vocabulary)
      if (tokens === undefined) throw new GrammarError('the vocabulary is not here')
      const texts = new Map(visible)
      made = matcher(network(parseGrammar(plan.text), plan.marker), trieOf(vocabulary, tokens, texts), (id) => texts.get(id) ?? packed(tokens, id))
      return made
    })
  }

  function read ({ session, request, keep, ids }: Extract<Order, { kind: 'read' }>): Answer {
    try {
      const found = sessions.get(session)?.()
      if (found === undefined) return { request, problem: 'the answer is over' }
      found.read(keep, ids)
      return { request, mask: found.mask() }
    } catch (error) {
      // whatever else it is: this grammar made it, others are not to suffer from it
      const isExpected = error instanceof GrammarError || error instanceof MalformedError
      return { request, problem: isExpected ? error.message : 'the grammar can\'t be followed' }
    }
  }

  return (order) => {
    switch (order.kind) {
      case 'vocabulary':
        vocabularies.set(order.vocabulary, order.tokens)
        return undefined
      case 'open':
        open(order)
        return undefined
      case 'read':
        return read(order)
      case 'close':
        sessions.delete(order.session)
        return undefined
    }
  }
}

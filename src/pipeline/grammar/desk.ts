import { GrammarError } from './errors.ts'
import { parseGrammar } from './grammar-text.ts'
import { matcher, type Matcher, type TokenMask } from './matcher.ts'
import { network } from './network.ts'
import { tokenTrie, type TokenTrie } from './token-trie.ts'
import { MalformedError } from '../errors.ts'
import type { Answer, Order, PackedTokens } from './messages.ts'

/** Vocabularies with their control tokens that count as text: each takes some ten MB. */
const KEPT_TRIES = 4

/** Of what all answers' grammars take, between two orders. */
const MAX_BYTES = 192 * 1024 * 1024

/** An answer: its grammar and its ids are its state, what was made of them may be made again. */
interface Held {
  readonly ids: number[]
  /** Made when a mask is asked for, so that whoever asks hears what is wrong. */
  make (): Matcher
  made: Matcher | undefined
}

export interface DeskInit {
  /** @default 192 MiB */
  readonly maxBytes?: number
}

/** What the worker does with an order. */
export interface Desk {
  do (order: Order): Answer | undefined
  /** Of memory that grammars take, about. */
  readonly bytes: number
}

export function desk ({ maxBytes = MAX_BYTES }: DeskInit = {}): Desk {
  const vocabularies = new Map<number, PackedTokens>()
  const tries = new Map<string, TokenTrie>()
  const sessions = new Map<number, Held>()

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
    sessions.set(session, {
      ids: [],
      made: undefined,
      make () {
        const tokens = vocabularies.get(vocabulary)
        if (tokens === undefined) throw new GrammarError('the vocabulary is not here')
        const texts = new Map(visible)
        return matcher(network(parseGrammar(plan.text), plan.marker), trieOf(vocabulary, tokens, texts), (id) => texts.get(id) ?? packed(tokens, id))
      }
    })
  }

  const bytesOf = ({ made }: Held): number => made?.bytes ?? 0
  const allBytes = (): number => [...sessions.values()].reduce((sum, held) => sum + bytesOf(held), 0)

  /** The largest go first, so that who takes little does not make room for who takes much. */
  function makeRoom (): void {
    for (let bytes = allBytes(); bytes > maxBytes;) {
      const largest = [...sessions.values()].reduce((a, b) => bytesOf(b) > bytesOf(a) ? b : a)
      bytes -= bytesOf(largest)
      largest.made = undefined
    }
  }

  function maskOf (held: Held, keep: number, ids: readonly number[]): TokenMask {
    const { made } = held
    held.ids.length = Math.min(held.ids.length, keep)
    for (const id of ids) held.ids.push(id)
    // what throws on its way is not gone on with
    held.made = undefined
    const matching = made ?? held.make()
    if (made === undefined) matching.read(0, held.ids)
    else matching.read(keep, ids)
    const mask = matching.mask()
    held.made = matching
    return mask
  }

  function read ({ session, request, keep, ids }: Extract<Order, { kind: 'read' }>): Answer {
    try {
      const held = sessions.get(session)
      if (held === undefined) return { request, problem: 'the answer is over' }
      const mask = maskOf(held, keep, ids)
      makeRoom()
      return { request, mask }
    } catch (error) {
      // whatever else it is: this grammar made it, others are not to suffer from it
      const isExpected = error instanceof GrammarError || error instanceof MalformedError
      return { request, problem: isExpected ? error.message : 'the grammar can\'t be followed' }
    }
  }

  return {
    get bytes () { return allBytes() },
    do (order) {
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
}

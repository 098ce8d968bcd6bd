import { DEAD, automaton, type Automaton } from './automaton.ts'
import { GrammarError } from './errors.ts'
import type { Network } from './network.ts'
import type { TokenTrie } from './token-trie.ts'

/** Tokens that may come next. */
export interface TokenMask {
  /** One bit a token, the lowest first; those that end a text are told by `complete`. */
  readonly bits: Uint32Array
  /** The text may end here. */
  readonly complete: boolean
}

/** Follows one answer through a grammar. */
export interface Matcher {
  /** Takes back all but the first `keep` tokens, and reads more. @throws {GrammarError} where they leave the grammar */
  read (keep: number, ids: ArrayLike<number>): void
  /** What may follow what was read. @throws {GrammarError} where the grammar costs too much */
  mask (): TokenMask
  /** Of memory that it takes, about. */
  readonly bytes: number
}

/** Masks that are kept, of states that come again: inside a string, between two values. */
const KEPT_MASKS = 64
/** Of an automaton, from where on it is made anew between two tokens. */
const LARGE_BYTES = 8 * 1024 * 1024
/** Of a network's node and of the ways out of it. */
const NODE_BYTES = 100

/** @param bytesOf of a token; undefined for those that no text is made of */
export function matcher (network: Network, trie: TokenTrie, bytesOf: (id: number) => Uint8Array | undefined): Matcher {
  let reader: Automaton = automaton(network)
  let masks = new Map<number, TokenMask>()
  const ids: number[] = []
  /** The state behind each token, from before the first; of those before the automaton was made anew they are not known. */
  let states: Array<number | undefined> = [reader.start]
  const path = new Int32Array(trie.depth + 1)

  function behind (state: number, id: number): number {
    const bytes = bytesOf(id)
    if (bytes === undefined || bytes.length === 0) throw new GrammarError('a token that stands for no text is not of the grammar')
    let at = state
    for (const byte of bytes) at = reader.next(at, byte)
    if (at === DEAD) throw new GrammarError('the answer so far is not of the grammar')
    return at
  }

  /** Another automaton, without what this one met and the text did not become. */
  function renew (): void {
    const at = states.at(-1)
    const isKnown = at !== undefined && reader.readings(at).length > 0
    reader = automaton(network, isKnown ? reader.readings(at) : undefined, reader.steps)
    masks = new Map()
    if (isKnown) {
      states = [...ids.map(() => undefined), reader.start]
      return
    }
    states = [reader.start]
    for (const id of ids.splice(0)) take(id)
  }

  function take (id: number): void {
    if (reader.bytes > LARGE_BYTES) renew()
    states.push(behind(states.at(-1) ?? DEAD, id))
    ids.push(id)
  }

  function walk (from: number): TokenMask {
    const { bytes, depths, ends, tokens, same, vocabSize } = trie
    const bits = new Uint32Array(Math.ceil(vocabSize / 32))
    path[0] = from
    for (let node = 0; node < bytes.length;) {
      const depth = depths[node] ?? 0
      const before = path[depth - 1] ?? DEAD
      const byte = bytes[node] ?? 0
      let state = reader.tables[before]?.[byte] ?? DEAD
      if (state < 0) state = reader.next(before, byte)
      if (state === DEAD) {
        node = ends[node] ?? bytes.length
        continue
      }
      path[depth] = state
      for (let id = tokens[node] ?? -1; id >= 0; id = same[id] ?? -1) bits[id >> 5] = (bits[id >> 5] ?? 0) | (1 << (id & 31))
      node++
    }
    return { bits, complete: reader.accepts(from) }
  }

  return {
    read (keep, more) {
      ids.length = Math.min(ids.length, keep)
      states.length = ids.length + 1
      reader.rest()
      if (reader.bytes > LARGE_BYTES || states.at(-1) === undefined) renew()
      for (const id of Array.from(more)) take(id)
    },

    get bytes () {
      return NODE_BYTES * network.nodes.length + reader.bytes + masks.size * Math.ceil(trie.vocabSize / 8) + 16 * ids.length
    },

    mask () {
      const state = states.at(-1) ?? DEAD
      const known = masks.get(state)
      if (known !== undefined) return known
      reader.rest()
      const made = walk(state)
      if (masks.size >= KEPT_MASKS) masks.clear()
      masks.set(state, made)
      return made
    }
  }
}

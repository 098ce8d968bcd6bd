/** A vocabulary sorted by its bytes: tokens that begin alike are read together. In the order in which a walk meets its nodes. */
export interface TokenTrie {
  /** Of each node: the byte that leads to it, how deep it lies (from 1), and the node behind all that lie below it. */
  readonly bytes: Uint8Array
  readonly depths: Uint16Array
  readonly ends: Uint32Array
  /** The first token that ends at the node, or −1; others with the same bytes follow by `same`. */
  readonly tokens: Int32Array
  readonly same: Int32Array
  readonly vocabSize: number
  readonly depth: number
}

/** Longer tokens are left out: runs of spaces, mostly, that shorter ones spell too. */
const MAX_TOKEN_BYTES = 256

/** @param tokens by id; those without bytes are never chosen */
export function tokenTrie (tokens: ReadonlyArray<Uint8Array | undefined>): TokenTrie {
  const known = tokens.flatMap((bytes, id) => bytes === undefined || bytes.length === 0 || bytes.length > MAX_TOKEN_BYTES ? [] : [{ id, bytes, key: Buffer.from(bytes).toString('latin1') }])
  known.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : a.id - b.id)
  const most = known.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const bytes = new Uint8Array(most)
  const depths = new Uint16Array(most)
  const ends = new Uint32Array(most)
  const ending = new Int32Array(most).fill(-1)
  const same = new Int32Array(tokens.length).fill(-1)
  const path: number[] = []
  let count = 0
  let depth = 0
  let last: Uint8Array = new Uint8Array(0)
  for (const { id, bytes: own } of known) {
    let shared = 0
    while (shared < last.length && shared < own.length && last[shared] === own[shared]) shared++
    for (const node of path.splice(shared)) ends[node] = count
    for (let place = shared; place < own.length; place++) {
      bytes[count] = own[place] ?? 0
      depths[count] = place + 1
      path.push(count++)
    }
    const node = path[own.length - 1] ?? 0
    same[id] = ending[node] ?? -1
    ending[node] = id
    depth = Math.max(depth, own.length)
    last = own
  }
  for (const node of path) ends[node] = count
  return { bytes: bytes.slice(0, count), depths: depths.slice(0, count), ends: ends.slice(0, count), tokens: ending.slice(0, count), same, vocabSize: tokens.length, depth }
}

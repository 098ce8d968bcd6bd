import { GrammarError } from './errors.ts'
import type { Network, Node } from './network.ts'

/** States are numbers; this one is where nothing fits any more. */
export const DEAD = 0
const UNKNOWN = -1

/** Reads bytes by a grammar. States are made when they are met, and met ones are looked up. */
export interface Automaton {
  readonly start: number
  /** The state behind a byte. @throws {GrammarError} where the grammar is too ambiguous */
  next (state: number, byte: number): number
  /** Each state's next ones by byte, −1 where they were not met; for loops that can't afford a call. */
  readonly tables: readonly Int32Array[]
  /** The text may end here. */
  accepts (state: number): boolean
  /** Of memory that states, their readings and frames take, about. */
  readonly bytes: number
  /** What a state is made of: another automaton goes on from there. */
  readings (state: number): readonly Reading[]
  /** What the piece of work under way has cost so far. */
  readonly steps: number
  /** A new piece of work begins, which may cost something again. */
  rest (): void
}

/** One reading of a text so far: a place, and the way back from there, the innermost caller last. */
export interface Reading {
  readonly node: number
  readonly callers: ReadonlyArray<{ readonly node: number, readonly turn: number }>
}

/** Where one reading of the text is: a node that takes a byte, and the frame that it is in, as one number. */
type Config = number

/** Who called: where it goes on, with which turn of a loop, and who called that. */
interface Frame { readonly node: number, readonly turn: number, readonly parent: number }

/** Readings of one text at once: more are made by grammars that were written to make them. */
const MAX_CONFIGS = 16_384
/** Steps of one piece of work, a mask or some tokens read: about a second's. */
const MAX_STEPS = 2_000_000
/** Places looked at for one state; most are on the way to a byte. */
const MAX_PLACES = 8 * MAX_CONFIGS
/** Of one automaton: whoever reads drops it before, and begins anew. */
const MAX_BYTES = 64 * 1024 * 1024
/** Of a state, its table and its name; of a reading in a state and in its name; of a frame and its name (Node 20, 2026-11-26). */
const STATE_BYTES = 1536
const CONFIG_BYTES = 16
const FRAME_BYTES = 160
/** More than there are frames in so much memory, and than a network has nodes (network.ts). */
const FRAMES = 2 ** 20
const NOBODY = 0

const configOf = (node: number, frame: number): Config => node * FRAMES + frame
const nodeOf = (config: Config): number => Math.floor(config / FRAMES)
const frameIn = (config: Config): number => config % FRAMES

/**
 * @param from where the text before was read by another one
 * @param steps what that one's piece of work has cost, which goes on @throws {GrammarError}
 */
export function automaton ({ nodes, start }: Network, from: readonly Reading[] = [{ node: start, callers: [] }], steps = 0): Automaton {
  const frames: Frame[] = [{ node: -1, turn: 0, parent: NOBODY }]
  const frameIds = new Map<string, number>()
  const states: Array<{ readonly configs: Float64Array<ArrayBuffer>, readonly accepts: boolean }> = [{ configs: new Float64Array(0), accepts: false }]
  const stateIds = new Map<string, number>([['', DEAD]])
  const tables = [new Int32Array(256).fill(DEAD)]
  let bytes = STATE_BYTES

  function grow (by: number): void {
    bytes += by
    if (bytes > MAX_BYTES) throw new GrammarError('the grammar is too large: it takes too much memory')
  }

  const nodeAt = (index: number): Node => nodes[index] ?? { kind: 'end' }

  function frameOf (node: number, turn: number, parent: number): number {
    const key = `${node} ${turn} ${parent}`
    const known = frameIds.get(key)
    if (known !== undefined) return known
    grow(FRAME_BYTES)
    const made = frames.push({ node, turn, parent }) - 1
    frameIds.set(key, made)
    return made
  }

  /** The state of all readings that go on from these. */
  function stateOf (from: readonly Config[]): number {
    const seen = new Set<Config>()
    const configs: Config[] = []
    let accepts = false
    const todo = [...from]
    const go = (node: number, frame: number): void => {
      const config = configOf(node, frame)
      if (seen.has(config)) return
      if (seen.size >= MAX_PLACES) throw new GrammarError('the grammar is too ambiguous: it costs too much')
      seen.add(config)
      todo.push(config)
    }
    /** One more turn of a loop, or out of it. Beyond what matters turns are not counted. */
    const turn = (at: number, turns: number, parent: number): void => {
      const loop = nodeAt(at)
      if (loop.kind !== 'loop') return
      if (turns >= loop.least) go(loop.next, parent)
      if (turns < loop.most) go(loop.body, frameOf(at, loop.most < Infinity ? turns + 1 : Math.min(turns + 1, loop.least), parent))
    }
    for (let config = todo.pop(); config !== undefined; config = todo.pop()) {
      if (++steps > MAX_STEPS || configs.length > MAX_CONFIGS) throw new GrammarError('the grammar is too ambiguous: it costs too much')
      const [at, frame] = [nodeOf(config), frameIn(config)]
      const node = nodeAt(at)
      switch (node.kind) {
        case 'byte':
          configs.push(config)
          break
        case 'fork':
          for (const to of node.to) go(to, frame)
          break
        case 'call':
          // what ends with the call needs no way back through it
          go(node.body, nodeAt(node.next).kind === 'end' ? frame : frameOf(node.next, -1, frame))
          break
        case 'loop':
          turn(at, 0, frame)
          break
        case 'end': {
          const caller = frames[frame]
          if (frame === NOBODY || caller === undefined) accepts = true
          else if (caller.turn >= 0) turn(caller.node, caller.turn, caller.parent)
          else go(caller.node, caller.parent)
        }
      }
    }
    if (configs.length === 0 && !accepts) return DEAD
    const sorted = Float64Array.from(configs).sort()
    const key = `${accepts ? 'end' : ''}${Buffer.from(sorted.buffer).toString('latin1')}`
    const known = stateIds.get(key)
    if (known !== undefined) return known
    grow(STATE_BYTES + CONFIG_BYTES * sorted.length)
    const made = states.push({ configs: sorted, accepts }) - 1
    tables.push(new Int32Array(256).fill(UNKNOWN))
    stateIds.set(key, made)
    return made
  }

  function next (state: number, byte: number): number {
    const table = tables[state]
    const known = table?.[byte] ?? DEAD
    if (known !== UNKNOWN) return known
    const behind: Config[] = []
    // of the bytes that no reading tells from this one, all lead to the same state
    let [first, last] = [0, 255]
    const configs = states[state]?.configs ?? new Float64Array(0)
    steps += configs.length
    for (const config of configs) {
      const taken = nodeAt(nodeOf(config))
      if (taken.kind !== 'byte') continue
      if (taken.first <= byte && byte <= taken.last) {
        behind.push(configOf(taken.next, frameIn(config)))
        first = Math.max(first, taken.first)
        last = Math.min(last, taken.last)
      } else if (taken.last < byte) first = Math.max(first, taken.last + 1)
      else last = Math.min(last, taken.first - 1)
    }
    const made = behind.length === 0 ? DEAD : stateOf(behind)
    table?.fill(made, first, last + 1)
    return made
  }

  const begin = stateOf(from.map(({ node, callers }) => configOf(node, callers.reduce((parent, caller) => frameOf(caller.node, caller.turn, parent), NOBODY))))

  function callersOf (frame: number): Reading['callers'] {
    const callers: Array<Reading['callers'][number]> = []
    for (let at = frames[frame]; at !== undefined && at.node >= 0; at = frames[at.parent]) callers.push({ node: at.node, turn: at.turn })
    return callers.reverse()
  }

  return {
    start: begin,
    next,
    tables,
    accepts: (state) => states[state]?.accepts ?? false,
    get bytes () { return bytes },
    readings: (state) => Array.from(states[state]?.configs ?? [], (config) => ({ node: nodeOf(config), callers: callersOf(frameIn(config)) })),
    get steps () { return steps },
    rest () { steps = 0 }
  }
}

import type { SpanRunner, Slot } from '../../src/engine/index.ts'

/** Spans of one model one after another, as a ring without a network. */
export interface LocalRing {
  /** Feeds token ids from `position` on; logits `[score, V]` of the last rows, or hidden states `[score, H]`. */
  feed (ids: readonly number[], position: number, score: number): Promise<Float32Array>
  /** Hidden states behind each span but the last, from the latest `feed`. */
  readonly hidden: Float32Array[]
  release (): void
}

export function localRing (runners: readonly SpanRunner[], positions: number, ropeVariant = 0, wants: 'logits' | 'hidden' = 'logits'): LocalRing {
  const slots: Slot[] = runners.map((runner) => runner.reserve(positions))
  const hidden: Float32Array[] = []
  return {
    hidden,
    feed: async (ids, position, score) => {
      let input: Uint32Array | Float32Array = Uint32Array.from(ids)
      for (const [index, runner] of runners.entries()) {
        let output = new Float32Array()
        const slot = slots[index]
        if (slot == null) {
          throw new Error('no slot')
        }
        await runner.run([{ slot, position, input, ropeVariant, wants, score: runner.isTail ? score : 0, consume: (view) => { output = view.slice() } }])
        hidden[index] = output
        input = output
      }
      return input as Float32Array
    },
    release: () => { slots.forEach((slot) => { slot.release() }) }
  }
}

/** Greedy ids: the prompt in one chunk, then single rows. */
export async function greedy (ring: LocalRing, prompt: readonly number[], count: number, argmax: (values: Float32Array) => number): Promise<number[]> {
  const ids: number[] = []
  let logits = await ring.feed(prompt, 0, 1)
  while (true) {
    ids.push(argmax(logits))
    if (ids.length === count) {
      return ids
    }
    logits = await ring.feed(ids.slice(-1), prompt.length + ids.length - 1, 1)
  }
}

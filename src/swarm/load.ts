import type { NodeDescription } from './types.ts'

/** Whether two descriptions of a node differ in how busy it is at most. That a span is full, or no longer, is more than that. Pure. */
export const isSameButForLoad = (one: NodeDescription, other: NodeDescription): boolean => lasting(one) === lasting(other)

const lasting = (description: NodeDescription): string => JSON.stringify({
  ...description,
  spans: description.spans.map(({ decodeMsPerToken: _decode, prefillTokensPerSecond: _prefill, queueMs: _queue, freeSlots, ...span }) =>
    ({ ...span, free: Object.entries(freeSlots).flatMap(([capacity, slots]) => slots > 0 ? [capacity] : []) }))
})

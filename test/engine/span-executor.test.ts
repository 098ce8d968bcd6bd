import assert from 'node:assert/strict'
import { spanExecutor, type SpanExecutor, type SpanWork } from '../../src/engine/span-executor.ts'
import type { GroupBinding } from '../../src/engine/kv-memory.ts'
import type { OrtLibrary, OrtSession, Tensor } from '../../src/engine/ort/index.ts'

const HIDDEN = 4
const PLACES = 16

describe('what a span executor keeps between runs', () => {
  let open: number
  let rows: Set<ArrayBuffer>
  let groups: Map<number, GroupBinding & { readonly bound: { input: Tensor, output: Tensor } | undefined }>
  let executor: SpanExecutor

  beforeEach(() => {
    open = 0
    rows = new Set()
    groups = new Map()
    const tensor = ({ data, shape }: { data: ArrayBuffer, shape: readonly number[] }): Tensor => {
      open++
      if (shape.length === 3) rows.add(data)
      return { dtype: 'f32', shape, byteLength: data.byteLength, place: 'host', view: () => { throw new Error('none is needed') }, close: () => { open-- } }
    }
    executor = spanExecutor({
      ort: { tensor } as unknown as OrtLibrary, // `as`: nothing else is used
      session: { run: async () => { /* computes nothing */ }, close: () => { /* holds nothing */ } } as unknown as OrtSession, // `as`: nothing else is used
      embedding: undefined,
      hiddenSize: HIDDEN,
      outputSize: HIDDEN,
      isTail: false,
      skipsHead: false,
      rope: []
    })
  })

  async function prompt (place: number, count: number): Promise<void> {
    const group = groups.get(place) ?? { binding: { bindInput () { /* looked at nowhere */ }, bindOutput () { /* looked at nowhere */ }, close () { /* holds nothing */ } }, bound: undefined }
    groups.set(place, group)
    const slot = { slab: { capacity: 512, places: [], memory: { group: () => group } }, place, filled: 0 }
    const step = { slot, position: 0, input: new Float32Array(count * HIDDEN), score: 0, consume: () => { /* not looked at */ } }
    await executor.prefill({ slot, step, rows: count, turns: 1, variant: 0 } as unknown as SpanWork, 0, count, undefined) // `as`: nothing else is used
  }

  it('is a tensor for the last prompt, not for every length that there was', async () => {
    await prompt(0, 200)
    const before = open
    for (let count = 2; count <= 200; count++) await prompt(count % PLACES, count)
    assert.equal(open, before)
  })

  it('is memory for one prompt of the longest, not for each place of a slab', async () => {
    for (let place = 0; place < PLACES; place++) await prompt(place, 100 + place)
    const bytes = [...rows].reduce((sum, { byteLength }) => sum + byteLength, 0)
    // input and output, each with what it had before it grew
    assert.ok(bytes <= 2 * (128 + 2) * HIDDEN * 4, `${bytes} bytes`)
  })

  it('is nothing once it is closed', async () => {
    for (const count of [1, 2, 3]) await prompt(0, count)
    await executor.close()
    assert.equal(open, 0)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ContextLengthError, NoCapacityError } from '../../src/engine/index.ts'
import { kvSlots, type KvSlot, type KvSlots, type KvSlotsInit } from '../../src/engine/kv-slots.ts'

interface FakeMemory {
  freed: boolean
  free (): void
}

function slotsOf (init: Partial<KvSlotsInit<FakeMemory>> = {}): { slots: KvSlots<FakeMemory>, memories: FakeMemory[], bytes: () => number } {
  const memories: Array<FakeMemory & { readonly bytes: number }> = []
  const slots = kvSlots<FakeMemory>({
    contextLength: 4096,
    bytesPerPosition: 1,
    slots: 4,
    kvBytes: 10_000,
    slabSlots: 4,
    movable: true,
    allocate (capacity, count) {
      const memory = { freed: false, bytes: capacity * count, free () { this.freed = true } }
      memories.push(memory)
      return memory
    },
    ...init
  })
  return { slots, memories, bytes: () => memories.reduce((sum, { freed, bytes }) => sum + (freed ? 0 : bytes), 0) }
}

const nothing = (): Promise<void> => Promise.resolve()

describe('kvSlots', () => {
  it('gives neighbouring places of one slab, the lowest first', () => {
    const { slots, memories } = slotsOf()
    const [a, b, c] = [slots.reserve(100), slots.reserve(100), slots.reserve(100)]
    assert.deepEqual([a, b, c].map(({ place }) => place), [0, 1, 2])
    assert.equal(memories.length, 1)
    b.release()
    assert.equal(slots.reserve(10).place, 1)
  })

  it('begins small and grows within what was reserved', async () => {
    const { slots } = slotsOf()
    const slot = slots.reserve(2000)
    assert.equal(slot.capacity, 2048)
    assert.equal(slot.slab.capacity, 512)
    const from = slot.slab
    await slots.grow(slot, 513, (...places) => {
      assert.deepEqual([places[0], places[1]], [from, 0])
      assert.equal(slot.slab, from, 'it stays where it is until everything is copied')
      return Promise.resolve()
    })
    assert.equal(slot.slab.capacity, 2048)
    assert.ok(from.places.every((each) => each === undefined))
  })

  it('stays where it is when the copy fails', async () => {
    const { slots } = slotsOf()
    const slot = slots.reserve(2000)
    await assert.rejects(slots.grow(slot, 1000, () => Promise.reject(new Error('no'))), /no/)
    assert.equal(slot.slab.capacity, 512)
    slot.release()
    assert.deepEqual(slots.free(), { 512: 4, 2048: 4, 4096: 2 })
  })

  it('never begins small where contents can\'t move', () => {
    const { slots } = slotsOf({ movable: false, slabSlots: 1 })
    assert.equal(slots.reserve(2000).slab.capacity, 2048)
  })

  it('refuses what it has no memory for, and what it never has', () => {
    const { slots } = slotsOf()
    slots.reserve(4096)
    slots.reserve(4096)
    assert.throws(() => slots.reserve(2048), NoCapacityError)
    slots.reserve(512)
    assert.throws(() => slots.reserve(4097), ContextLengthError)
  })

  it('keeps a parked slot until its memory or its number is needed, the oldest first', () => {
    const { slots } = slotsOf({ kvBytes: 4096, contextLength: 2048 })
    const [a, b] = [slots.reserve(2048), slots.reserve(2048)]
    const gone: string[] = []
    a.park(() => { gone.push('a') })
    b.park(() => { gone.push('b') })
    assert.deepEqual(slots.free(), { 512: 4, 2048: 2 })
    assert.ok(b.resume())
    b.park(() => { gone.push('b') })
    const c = slots.reserve(2048)
    assert.deepEqual(gone, ['a'])
    assert.ok(!a.resume())
    c.release()
    slots.reserve(2048)
    assert.deepEqual(gone, ['a'])
    slots.reserve(100)
    assert.deepEqual(gone, ['a', 'b'])
  })

  it('keeps nothing for later once it is closed', () => {
    const { slots, bytes } = slotsOf()
    const slot = slots.reserve(100)
    let gone = false
    slots.close()
    slot.park(() => { gone = true })
    assert.ok(gone && slot.released)
    assert.equal(bytes(), 0)
  })

  it('keeps its books whatever happens, and never has two slots in one place', async () => {
    const action = fc.record({ what: fc.constantFrom('reserve', 'release', 'park', 'resume', 'grow'), which: fc.nat(9), positions: fc.integer({ min: 1, max: 5000 }) })
    await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.boolean(), fc.integer({ min: 1, max: 4 }), async (actions, movable, slabSlots) => {
      const { slots, bytes } = slotsOf({ movable, slabSlots })
      const fresh = slots.free()
      let live: Array<KvSlot<FakeMemory>> = []
      for (const { what, which, positions } of actions) {
        const slot = live[which % Math.max(1, live.length)]
        if (what === 'reserve') {
          try {
            live.push(slots.reserve(positions))
          } catch (error) {
            assert.ok(error instanceof NoCapacityError || error instanceof ContextLengthError)
          }
        } else if (slot !== undefined) {
          if (what === 'release') slot.release()
          else if (what === 'park') slot.park(() => { /* gone */ })
          else if (what === 'resume') slot.resume()
          else await slots.grow(slot, positions, nothing)
        }
        live = live.filter(({ released }) => !released)
        assert.equal(new Set(live.map(({ slab, place }) => `${live.findIndex((each) => each.slab === slab)}/${place}`)).size, live.length)
        assert.ok(live.every((each) => each.slab.places[each.place] === each))
        assert.ok(live.reduce((sum, { capacity }) => sum + capacity, 0) <= 10_000)
        if (!movable) assert.ok(bytes() <= 10_000)
      }
      live.forEach((slot) => { slot.release() })
      assert.deepEqual(slots.free(), fresh)
      slots.close()
      assert.equal(bytes(), 0)
    }), { numRuns: 300 })
  })
})

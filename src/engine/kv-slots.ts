import { ContextLengthError, NoCapacityError } from './errors.ts'
import type { KvUse, Slot } from './types.ts'

/** Positions that a slot of each class holds, before the context length cuts them. */
const CLASSES = [512, 2048, 8192, 32_768]

/** KV memory of one slab, whatever holds it. */
export interface KvMemory {
  /** Called when the slab's memory is given up for good. */
  free (): void
}

/** Slots of one class that lie side by side in memory, so that neighbours can run together. */
export interface Slab<T> {
  /** Positions of each slot. */
  readonly capacity: number
  readonly memory: T
  /** Who has which place. */
  readonly places: Array<KvSlot<T> | undefined>
}

export interface KvSlotsInit<T extends KvMemory> {
  readonly contextLength: number
  readonly bytesPerPosition: number
  /** Sessions that may hold KV at once. */
  readonly slots: number
  readonly kvBytes: number
  /** Slots of one slab. */
  readonly slabSlots: number
  /** Host memory: a slot's contents can move, so slots begin small and grow, and more of them share a slab; pages never written cost nothing. */
  readonly movable: boolean
  allocate (capacity: number, slots: number): T
}

export interface KvSlot<T> extends Slot {
  /** Where it lies now. */
  readonly slab: Slab<T>
  readonly place: number
  filled: number
  readonly released: boolean
  /** Keeps the memory while a run uses it. @returns the way to let go */
  hold (): () => void
}

export interface KvSlots<T> {
  /** Slots of each class that could be reserved now. */
  free (): Record<number, number>
  use (): KvUse
  /** @throws {NoCapacityError} @throws {ContextLengthError} */
  reserve (positions: number): KvSlot<T>
  /**
   * Gives a slot a place that holds `positions`, within what was reserved for it.
   * @param copy takes what is filled from the old place to the new one; both are kept until it has
   */
  grow (slot: KvSlot<T>, positions: number, copy: (from: Slab<T>, fromPlace: number, to: Slab<T>, toPlace: number) => Promise<void>): Promise<void>
  /** Takes bytes out of `kvBytes` for something else; parked slots give way. @returns the way to give them back @throws {NoCapacityError} */
  lend (bytes: number): () => void
  close (): void
}

/** A slot as its keeper sees it. */
interface Kept<T> extends KvSlot<T> {
  slab: Slab<T>
  place: number
}

/**
 * Hands out slots of a few sizes. What counts against `kvBytes` is what each session reserved; a slab whose slots are all
 * free is kept for the next session as long as its memory is not needed.
 */
export function kvSlots<T extends KvMemory> (init: KvSlotsInit<T>): KvSlots<T> {
  const { contextLength, bytesPerPosition, slabSlots, movable } = init
  let { kvBytes } = init
  const classes = [...new Set([...CLASSES.filter((capacity) => capacity < contextLength), contextLength])]
  const slabs = new Map<number, Array<Slab<T>>>(classes.map((capacity) => [capacity, []]))
  const smallest = classes[0] ?? contextLength
  let active = 0
  let reservedBytes = 0
  let closed = false

  const classOf = (positions: number): number | undefined => classes.find((size) => size >= positions)
  /** Slots whose sessions have ended and whose contents are kept as long as nobody needs their memory: the oldest first. */
  const parked = new Map<KvSlot<T>, () => void>()

  const isEmpty = ({ places }: Slab<T>): boolean => places.every((each) => each === undefined)
  const slabBytes = ({ capacity, places }: Slab<T>): number => capacity * places.length * bytesPerPosition

  /** Gives memory of empty slabs back until `bytes` fit beside what is in use. */
  const makeRoom = (bytes: number): void => {
    for (const kept of slabs.values()) {
      for (const slab of kept.filter(isEmpty)) {
        const allocated = [...slabs.values()].flat().reduce((sum, each) => sum + slabBytes(each), 0)
        if (allocated + bytes <= kvBytes) {
          return
        }
        kept.splice(kept.indexOf(slab), 1)
        slab.memory.free()
      }
    }
  }

  /** Slots of a class for which there is memory, with that of parked slots or without. A slab's free places take none on the host. */
  const room = (capacity: number, withParked: boolean): number => {
    const bytes = capacity * bytesPerPosition
    const parkedOnes = withParked ? [...parked.keys()] : []
    if (movable) {
      const reclaimed = parkedOnes.reduce((sum, slot) => sum + slot.capacity * bytesPerPosition, 0)
      return Math.floor((kvBytes - reservedBytes + reclaimed) / bytes)
    }
    const isFree = (each: KvSlot<T> | undefined): boolean => each === undefined || parkedOnes.includes(each)
    const inUse = [...slabs.values()].flat().filter(({ places }) => !places.every(isFree))
    const places = inUse.filter((slab) => slab.capacity === capacity).flatMap((slab) => slab.places.filter(isFree))
    return places.length + Math.floor((kvBytes - inUse.reduce((sum, slab) => sum + slabBytes(slab), 0)) / bytes)
  }

  const evictOldest = (): void => {
    const [oldest] = parked
    if (oldest !== undefined) {
      const [slot, evicted] = oldest
      slot.release()
      evicted()
    }
  }

  /** The lowest free place of a class: neighbours run together. */
  const find = (capacity: number): { slab: Slab<T>, place: number } => {
    const kept = slabs.get(capacity) ?? []
    for (const slab of kept) {
      const place = slab.places.indexOf(undefined)
      if (place >= 0) {
        return { slab, place }
      }
    }
    const count = Math.max(1, Math.min(slabSlots, room(capacity, false)))
    makeRoom(count * capacity * bytesPerPosition)
    const slab: Slab<T> = { capacity, memory: init.allocate(capacity, count), places: new Array<undefined>(count).fill(undefined) }
    kept.push(slab)
    return { slab, place: 0 }
  }

  const leave = (slab: Slab<T>, place: number): void => {
    slab.places[place] = undefined
    if (closed && isEmpty(slab)) {
      slab.memory.free()
    }
  }

  const slotAt = (capacity: number, at: { slab: Slab<T>, place: number }): Kept<T> => {
    let released = false
    let holds = 1
    const letGo = (): void => {
      if (--holds === 0) {
        active--
        reservedBytes -= capacity * bytesPerPosition
        leave(slot.slab, slot.place)
      }
    }
    const slot: Kept<T> = {
      ...at,
      capacity,
      filled: 0,
      get released () { return released },
      hold: () => {
        holds++
        return letGo
      },
      release: () => {
        if (!released) {
          released = true
          if (parked.delete(slot)) {
            active++
          }
          letGo()
        }
      },
      park: (evicted) => {
        if (released || parked.has(slot)) {
          return
        }
        if (closed) {
          slot.release()
          evicted()
          return
        }
        active--
        parked.set(slot, evicted)
        if (parked.size > init.slots) {
          evictOldest()
        }
      },
      resume: () => {
        if (active >= init.slots || !parked.delete(slot)) {
          return false
        }
        active++
        return true
      }
    }
    at.slab.places[at.place] = slot
    return slot
  }

  return {
    free: () => Object.fromEntries(classes.map((capacity) => [capacity, Math.max(0, Math.min(init.slots - active, room(capacity, true)))])),

    use: () => ({
      slots: init.slots,
      usedSlots: active,
      bytes: kvBytes,
      // what ended sessions left gives way to the next one
      usedBytes: reservedBytes - [...parked.keys()].reduce((sum, slot) => sum + slot.capacity * bytesPerPosition, 0)
    }),

    reserve: (positions) => {
      const capacity = classOf(positions)
      if (capacity == null) {
        throw new ContextLengthError(positions, contextLength)
      }
      while (active < init.slots && parked.size > 0 && room(capacity, false) < 1) {
        evictOldest()
      }
      if (active >= init.slots || room(capacity, false) < 1) {
        throw new NoCapacityError(active >= init.slots ? `all ${init.slots} slots are taken` : `no KV memory for ${capacity} positions is free`)
      }
      const slot = slotAt(capacity, find(movable ? smallest : capacity))
      active++
      reservedBytes += capacity * bytesPerPosition
      return slot
    },

    lend: (bytes) => {
      const isFree = (): boolean => room(1, false) * bytesPerPosition >= bytes
      while (!isFree() && parked.size > 0) {
        evictOldest()
      }
      if (!isFree()) {
        throw new NoCapacityError(`no ${bytes} bytes are free beside the sessions at work`)
      }
      kvBytes -= bytes
      makeRoom(0)
      let isLent = true
      return () => {
        kvBytes += isLent ? bytes : 0
        isLent = false
      }
    },

    grow: async (slot, positions, copy) => {
      const kept = slot as Kept<T> // every slot comes from `slotAt`
      const capacity = Math.min(classOf(positions) ?? slot.capacity, slot.capacity)
      if (capacity <= kept.slab.capacity) {
        return
      }
      const to = find(capacity)
      to.slab.places[to.place] = kept
      try {
        await copy(kept.slab, kept.place, to.slab, to.place)
      } catch (error) {
        leave(to.slab, to.place)
        throw error
      }
      leave(kept.slab, kept.place)
      Object.assign(kept, to)
    },

    close: () => {
      closed = true
      while (parked.size > 0) {
        evictOldest()
      }
      for (const kept of slabs.values()) {
        kept.splice(0).filter(isEmpty).forEach(({ memory }) => { memory.free() })
      }
    }
  }
}

import { ContextLengthError, NoCapacityError } from './errors.ts'
import type { Slot } from './types.ts'

/** Positions that a slot of each class holds, before the context length cuts them. */
const CLASSES = [512, 2048, 8192, 32_768]

/** KV memory of one slot, whatever holds it. */
export interface KvMemory {
  /** Called when the slot's memory is given up for good. */
  free (): void
}

export interface KvSlotsInit<T extends KvMemory> {
  readonly contextLength: number
  readonly bytesPerPosition: number
  /** Sessions that may hold KV at once. */
  readonly slots: number
  readonly kvBytes: number
  allocate (capacity: number): T
}

export interface KvSlot<T> extends Slot {
  readonly memory: T
  /** Positions that hold something: what lies beyond is undefined. */
  filled: number
  readonly released: boolean
  /** Keeps the memory while a run uses it. @returns the way to let go */
  hold (): () => void
}

export interface KvSlots<T> {
  /** Slots of each class that could be reserved now. */
  free (): Record<number, number>
  /** @throws {NoCapacityError} @throws {ContextLengthError} */
  reserve (positions: number): KvSlot<T>
  close (): void
}

/** Hands out slots of a few sizes; a released one is kept for the next session of its class as long as its memory is not needed. */
export function kvSlots<T extends KvMemory> (init: KvSlotsInit<T>): KvSlots<T> {
  const { contextLength, bytesPerPosition, kvBytes } = init
  const classes = [...new Set([...CLASSES.filter((capacity) => capacity < contextLength), contextLength])]
  const idle = new Map<number, T[]>(classes.map((capacity) => [capacity, []]))
  let active = 0
  let activeBytes = 0
  let closed = false

  const idleBytes = (): number => classes.reduce((sum, capacity) => sum + (idle.get(capacity)?.length ?? 0) * capacity * bytesPerPosition, 0)

  /** Gives idle memory back until `bytes` fit. */
  const makeRoom = (bytes: number): void => {
    for (const capacity of classes) {
      const kept = idle.get(capacity) ?? []
      while (kept.length > 0 && activeBytes + idleBytes() + bytes > kvBytes) {
        kept.pop()?.free()
      }
    }
  }

  const give = (capacity: number, memory: T): void => {
    active--
    activeBytes -= capacity * bytesPerPosition
    if (closed) {
      memory.free()
    } else {
      idle.get(capacity)?.push(memory)
    }
  }

  return {
    free: () => Object.fromEntries(classes.map((capacity) => [capacity, Math.max(0, Math.min(
      init.slots - active,
      Math.floor((kvBytes - activeBytes) / (capacity * bytesPerPosition))
    ))])),
    reserve: (positions) => {
      const capacity = classes.find((size) => size >= positions)
      if (capacity == null) {
        throw new ContextLengthError(positions, contextLength)
      }
      const bytes = capacity * bytesPerPosition
      if (active >= init.slots || activeBytes + bytes > kvBytes) {
        throw new NoCapacityError(active >= init.slots ? `all ${init.slots} slots are taken` : `no KV memory for ${capacity} positions is free`)
      }
      let memory = idle.get(capacity)?.pop()
      if (memory == null) {
        makeRoom(bytes)
        memory = init.allocate(capacity)
      }
      active++
      activeBytes += bytes
      return slotOver(capacity, memory, give)
    },
    close: () => {
      closed = true
      for (const kept of idle.values()) {
        kept.splice(0).forEach((memory) => { memory.free() })
      }
    }
  }
}

function slotOver<T> (capacity: number, memory: T, give: (capacity: number, memory: T) => void): KvSlot<T> {
  let released = false
  let holds = 1
  const letGo = (): void => {
    if (--holds === 0) {
      give(capacity, memory)
    }
  }
  return {
    capacity,
    memory,
    filled: 0,
    get released () { return released },
    hold: () => {
      holds++
      return letGo
    },
    release: () => {
      if (!released) {
        released = true
        letGo()
      }
    }
  }
}

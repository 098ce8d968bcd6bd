/** glibc's allocator, told to give back what a node no longer needs. */
import koffi from 'koffi'

/** malloc.h */
const M_MMAP_THRESHOLD = -3
const M_ARENA_MAX = -8
const MMAP_BYTES = 256 * 1024
const ARENAS = 2

/**
 * Left alone, glibc gives each thread a heap of its own and, once a large block was freed, keeps blocks of that size in them: a node that works for
 * days keeps its highest water mark in many pieces. Elsewhere, and with another C library, nothing happens.
 */
export function tameAllocator (): void {
  if (process.platform !== 'linux') return
  try {
    const mallopt = koffi.load('libc.so.6').func('int mallopt(int, int)') as (parameter: number, value: number) => number
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    mallopt(M_ARENA_MAX, ARENAS)
  } catch {
    // another C library: it has its own ways
  }
}

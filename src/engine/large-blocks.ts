import koffi from 'koffi'

/** `malloc.h` of glibc. */
const M_TRIM_THRESHOLD = -1
const M_MMAP_THRESHOLD = -3
const LARGE_BYTES = 1024 * 1024

/**
 * Has large blocks, such as those of KV, mapped each on its own. glibc does so only until a large block is freed: from then on it takes others of that
 * size (up to 32 MiB) from its heap, where one that is used again is filled with zeroes first, so that pages that no session ever writes take memory,
 * and where one that is freed mostly stays with the process. Not before koffi is configured: see `ort/api.ts`.
 */
export function mapLargeBlocks (): void {
  if (process.platform !== 'linux') return
  let mallopt: (option: number, value: number) => number
  try {
    mallopt = koffi.load(null).func('mallopt', 'int', ['int', 'int'])
  } catch {
    // another C library than glibc has no such border
    return
  }
  mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
  mallopt(M_TRIM_THRESHOLD, LARGE_BYTES)
}

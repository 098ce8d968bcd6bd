/** Child of bandwidth.ts: prints bytes a second. Far larger than any cache. */
const BYTES = 512 * 1024 * 1024
const PASSES = 4

const source = Buffer.alloc(BYTES, 2)
const target = Buffer.alloc(BYTES, 3)

/** Bytes moved, by the best of a few passes. */
function best (bytes, pass) {
  const times = Array.from({ length: PASSES }, () => {
    const started = performance.now()
    pass()
    return performance.now() - started
  })
  return bytes / (Math.min(...times) / 1000)
}

const reading = best(BYTES, () => { if (source.indexOf(1) >= 0) throw new Error('there is no such byte') })
// each byte is read and written
const copying = best(2 * BYTES, () => { source.copy(target) })
process.stdout.write(String(Math.max(reading, copying)))

import type { SourceTensor, TensorSource } from '../model/index.ts'

/** Read at once, and once more ahead, while a tensor's rows are asked for one after another. */
const AHEAD_BYTES = 8 * 1024 * 1024

interface Run {
  readonly name: string
  readonly first: number
  readonly count: number
  readonly bytes: Promise<Uint8Array>
}

/**
 * A tensor's rows come in runs that are longer than what is asked for, the next one on its way meanwhile: over a network each request
 * costs a round trip. Never beyond the end of a tensor, so that nothing is read that nobody needs.
 */
export function readAhead (tensors: TensorSource, aheadBytes = AHEAD_BYTES): TensorSource {
  let current: Run | undefined
  let next: Run | undefined

  function run ({ name, rowBytes }: SourceTensor, total: number, first: number, least: number): Run {
    const count = Math.min(total - first, Math.max(least, Math.floor(aheadBytes / rowBytes)))
    const bytes = tensors.rows(name, first, count)
    // whoever asks for these rows is told
    bytes.catch(() => undefined)
    return { name, first, count, bytes }
  }

  const holds = ({ name, first, count }: Run, wanted: string, from: number, rows: number): boolean => name === wanted && first <= from && from + rows <= first + count

  return {
    names: () => tensors.names(),
    info: (name) => tensors.info(name),
    async rows (name, first, count) {
      const tensor = tensors.info(name)
      const total = tensor?.shape.slice(0, -1).reduce((rows, length) => rows * length, 1) ?? 0
      // small ones, one-dimensional ones and what is wrong are not this one's matter
      if (tensor === undefined || tensor.shape.length < 2 || first < 0 || count <= 0 || first + count > total) return await tensors.rows(name, first, count)
      if (current === undefined || !holds(current, name, first, count)) {
        const isNext = next !== undefined && holds(next, name, first, count)
        current = isNext ? next : run(tensor, total, first, count)
        next = undefined
      }
      const { first: from, count: rows, bytes } = current ?? run(tensor, total, first, count)
      const end = from + rows
      const data = await bytes
      if (next === undefined && end < total && (first - from) * 2 >= rows) next = run(tensor, total, end, count)
      return data.subarray((first - from) * tensor.rowBytes, (first - from + count) * tensor.rowBytes)
    }
  }
}

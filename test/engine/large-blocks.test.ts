import assert from 'node:assert/strict'
import { mapLargeBlocks } from '../../src/engine/large-blocks.ts'
import { collectGarbage } from '../support/garbage.ts'

const MiB = 1024 * 1024

describe(`large blocks of memory${process.platform === 'linux' ? '' : ' (skipped: only Linux has the malloc that is told)'}`, () => {
  before(function () {
    if (process.platform !== 'linux') this.skip()
    mapLargeBlocks()
  })

  /** Thirty-two of 4 MiB that are written, with something small behind each. */
  function fill (): Uint8Array[] {
    const small: Uint8Array[] = []
    for (const block of Array.from({ length: 32 }, () => {
      const made = new Uint8Array(4 * MiB)
      small.push(new Uint8Array(64 * 1024))
      return made
    })) block.fill(1)
    return small
  }

  it('are gone when they are freed, whatever was freed before and lies beside them', () => {
    fill()
    collectGarbage()
    const before = process.memoryUsage.rss()
    const small = fill()
    collectGarbage()
    const left = process.memoryUsage.rss() - before
    assert.ok(left < 64 * MiB, `${Math.round(left / MiB)} MiB of 128 are left beside ${small.length} small blocks`)
  })
})

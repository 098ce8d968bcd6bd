import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { instructionSet, physicalCores, slug } from '../../../src/engine/devices/cpu.ts'

const processor = (socket: number, core: number): string => `processor\t: 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}`

describe('the CPU', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['flags\t\t: fpu sse2 avx avx2 fma avx512f avx512dq avx512bw avx512vl avx512_vnni amx_int8', 'amx'],
    ['flags\t\t: fpu sse2 avx avx2 fma avx512f avx512dq avx512bw avx512vl avx512_vnni', 'avx512vnni'],
    ['flags\t\t: fpu sse2 avx avx2 fma avx512f avx512dq avx512bw avx512vl', 'avx512'],
    ['flags\t\t: fpu sse2 avx avx2 fma avx_vnni', 'avxvnni'],
    ['flags\t\t: fpu sse2 avx avx2 fma', 'avx2'],
    ['flags\t\t: fpu sse2', 'sse2'],
    ['Features\t: fp asimd evtstrm asimddp i8mm sve', 'sve-i8mm'],
    ['Features\t: fp asimd evtstrm asimddp i8mm', 'neon-i8mm'],
    ['Features\t: fp asimd evtstrm asimddp', 'neon-dotprod'],
    ['Features\t: fp asimd evtstrm', 'neon']
  ]
  for (const [flags, expected] of cases) {
    it(`with ${flags.slice(flags.indexOf(':') + 2)} is of class ${expected}`, () => {
      assert.equal(instructionSet(`processor\t: 0\n${flags}\nbogomips\t: 2\n`), expected)
    })
  }

  it('is told from others by its name, where its flags are hidden', () => {
    assert.match(instructionSet('processor\t: 0\n'), new RegExp(`^${process.arch}-[a-z0-9-]+$`))
  })

  it('has as many threads as physical cores', () => {
    const twoThreadsACore = [processor(0, 0), processor(0, 0), processor(1, 0), processor(1, 0)].join('\n\n')
    assert.equal(physicalCores(twoThreadsACore), Math.min(2, availableParallelism()))
    assert.equal(physicalCores(processor(0, 0)), 1)
    assert.ok(physicalCores('') >= 1)
    assert.ok(physicalCores() >= 1)
  })

  it('has a name that fits into a class', () => {
    assert.equal(slug('AMD EPYC(tm) 7B13  64-Core'), 'amd-epyc-tm-7b13-64-core')
  })
})

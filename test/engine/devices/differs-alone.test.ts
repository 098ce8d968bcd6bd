import assert from 'node:assert/strict'
import { instructionSet } from '../../../src/engine/devices/cpu.ts'
import { differsAlone } from '../../../src/engine/devices/differs-alone.ts'
import { runQueue } from '../../../src/engine/devices/run-queue.ts'
import { ortLibrary } from '../../../src/engine/index.ts'

/** What was seen of ONNX Runtime 1.30. */
const seen: Readonly<Record<string, boolean>> = { avx2: true, avx512: false, avx512vnni: false }
const wanted = seen[instructionSet()]

describe('products of one row alone', () => {
  it(`have the bits that they have beside another row, or not, as this processor's instructions have it${wanted === undefined ? ` (skipped: nothing is known of ${instructionSet()})` : ''}`, async function () {
    if (wanted === undefined) this.skip()
    const ort = ortLibrary()
    assert.equal(await differsAlone(ort, { kind: 'cpu' }, runQueue()), wanted)
    ort.close()
  })
})

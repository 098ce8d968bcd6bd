import assert from 'node:assert/strict'
import { Fault, Refused, RingType } from '../../../protocols/ring/index.ts'
import { settle } from './virtual-clock.ts'
import { rowsOf, type RawLink, type RawStage } from './raw-stage.ts'

export const refusal = (link: RawLink): Refused | undefined => link.of(RingType.refused).map(({ payload }) => Refused.decode(payload))[0]
export const faults = (link: RawLink): Fault[] => link.of(RingType.fault).map(({ payload }) => Fault.decode(payload))

export const nothingHeld = (stage: RawStage): void => { assert.deepEqual([stage.runner.reserved, stage.server.sessions], [0, 0]) }

/** Another session works as if nothing had happened. */
export async function stillServes (stage: RawStage): Promise<void> {
  const session = new Uint8Array(16).fill(99)
  const control = await stage.open({ session })
  const data = await stage.hello({ session })
  const before = stage.next.at(-1)
  data.send({ type: RingType.hidden, lap: 1, position: 0, rows: 2 }, rowsOf(2))
  await settle()
  assert.equal(control.of(RingType.ready).length, 1)
  assert.equal(before?.of(RingType.hidden).length, 1)
  await control.link.close()
  await settle()
}

import assert from 'node:assert/strict'
import { PREFIX_BLOCK, PREFIX_KEY_BYTES, Ready, RingType } from '../../../protocols/ring/index.ts'
import { rawStage } from '../support/raw-stage.ts'
import { HIDDEN } from '../support/fake-model.ts'

const KEYS = new Uint8Array(PREFIX_KEY_BYTES).fill(9)
const POSITIONS = PREFIX_BLOCK + 4
const session = (id: number): Uint8Array<ArrayBuffer> => new Uint8Array(16).fill(id)

describe('a prompt that a stage keeps', () => {
  it('is kept only when the run that is under way has ended, and then serves the next session', async () => {
    const stage = await rawStage()
    const cached = async (id: number): Promise<{ cached: number, close: () => void, run: () => void }> => {
      const control = await stage.open({ session: session(id), positions: POSITIONS, prefix: KEYS })
      const data = await stage.hello({ session: session(id) })
      await stage.clock.advance(1)
      const [frame] = control.of(RingType.ready)
      assert.ok(frame !== undefined)
      let lap = 0
      return {
        cached: Ready.decode(frame.payload).have,
        close: () => { control.send({ type: RingType.close }) },
        run: () => {
          const rows = lap === 0 ? PREFIX_BLOCK : 1
          const position = lap === 0 ? 0 : PREFIX_BLOCK + lap - 1
          data.send({ type: RingType.hidden, lap: ++lap, position, rows }, new Uint8Array(4 * rows * HIDDEN))
        }
      }
    }
    const first = await cached(1)
    assert.equal(first.cached, 0)
    first.run()
    await stage.clock.advance(1)
    let finish = (): void => { /* set when the run begins */ }
    stage.runner.before = () => new Promise<void>((resolve) => { finish = resolve })
    first.run()
    await stage.clock.advance(1)
    first.close()
    await stage.clock.advance(1)
    assert.equal(stage.runner.reserved, 1, 'the run may still write into the slot')
    stage.runner.before = () => { /* at once */ }
    finish()
    await stage.clock.advance(1)
    assert.equal(stage.runner.reserved, 0)
    assert.equal((await cached(2)).cached, PREFIX_BLOCK)
  })

  it('serves its own coordinator, and others only where the owner shares among those that come first', async () => {
    for (const sharePrefixes of [false, true]) {
      const stage = await rawStage(undefined, { sharePrefixes, prefer: ['c', 'd'] })
      const have = async (id: number, from: string): Promise<number> => {
        const control = await stage.open({ session: session(id), positions: POSITIONS, prefix: KEYS }, from)
        const data = await stage.hello({ session: session(id) })
        const [frame] = control.of(RingType.ready)
        assert.ok(frame !== undefined)
        data.send({ type: RingType.hidden, lap: 99, position: 0, rows: PREFIX_BLOCK }, new Uint8Array(4 * PREFIX_BLOCK * HIDDEN))
        await stage.clock.advance(1)
        control.send({ type: RingType.close })
        await stage.clock.advance(1)
        return Ready.decode(frame.payload).have
      }
      assert.equal(await have(1, 'c'), 0)
      assert.equal(await have(2, 'd'), sharePrefixes ? PREFIX_BLOCK : 0)
      assert.equal(await have(3, 'c'), PREFIX_BLOCK)
      assert.equal(await have(4, 'stranger'), 0)
      assert.equal(await have(5, 'stranger'), PREFIX_BLOCK)
    }
  })
})

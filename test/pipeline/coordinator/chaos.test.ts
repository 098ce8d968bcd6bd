import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { RingType } from '../../../protocols/ring/index.ts'
import { readHeader } from '../../../protocols/frame/index.ts'
import { greedy } from '../support/fake-model.ts'
import { fakeSwarm, REQUEST, tokensOf, type FakeSwarm } from '../support/fake-swarm.ts'
import type { GenerateEvent, GenerateRequest, SamplingOptions, Spill } from '../../../src/pipeline/index.ts'

const SPANS = [[0, 2], [2, 4], [4, 6]] as const
/** Peers of each span: more than a schedule has faults, of which each may take with it an innocent one that was named. */
const PEERS = 7
const MAX_FAULTS = 4
const PROMPT = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
const TOKENS = 12
const RUNS = 10_000

/** What goes wrong with a frame, or with the peer that sends it, when so many frames have been sent since the last thing went wrong. */
const faults = {
  /** The sender dies. */
  kill: 'kill',
  /** The sender hangs for ever. */
  hang: 'hang',
  /** The sender hangs for a while, and does not know. */
  pause: 'pause',
  drop: 'drop',
  twice: 'twice',
  /** It comes behind the next one of the same way. */
  late: 'late',
  cut: 'cut',
  /** Bytes that can't be: a payload of the right length may be other numbers, which only audits find. */
  garble: 'garble'
} as const
type FaultKind = keyof typeof faults

interface Fault {
  readonly kind: FaultKind
  readonly after: number
}

const schedule = fc.array(fc.record({ kind: fc.constantFrom(...Object.keys(faults) as FaultKind[]), after: fc.nat(60) }), { minLength: 1, maxLength: MAX_FAULTS })

/** Lets the network do what the schedule says. Frames of coordinators are not touched: their faults are nobody's that they could go on without. */
function disturb ({ network, clock }: FakeSwarm, schedule: readonly Fault[]): void {
  const left = [...schedule]
  let since = 0
  const held = new Map<string, Uint8Array>()
  network.disturb = (frame, from, to) => {
    const way = `${from}/${to}`
    const before = held.get(way)
    held.delete(way)
    const sent = before === undefined ? [frame] : [frame, before]
    if (from === 'c' || from === 'd') return sent
    const [next] = left
    if (next === undefined || since++ < next.after) return sent
    left.shift()
    since = 0
    switch (next.kind) {
      case 'kill':
        network.kill(from)
        return []
      case 'hang':
        network.mute(from)
        return []
      case 'pause':
        network.mute(from)
        clock.after(8000, () => { network.unmute(from) })
        return []
      case 'drop':
        return sent.slice(1)
      case 'twice':
        return [frame, ...sent]
      case 'late':
        held.set(way, frame)
        return sent.slice(1)
      case 'cut': {
        const short = frame.slice(0, Math.max(24, frame.length - 3))
        new DataView(short.buffer).setUint32(0, short.length - 4, true)
        return [short]
      }
      case 'garble': {
        const garbled = frame.slice()
        if (readHeader(frame).type === RingType.hidden) garbled.fill(0xff, 24)
        else garbled[4] = 0x7f
        return [garbled]
      }
    }
  }
}

/** @param dies with so many tokens told the coordinator is lost, and another one goes on */
async function answer (swarm: FakeSwarm, sampling: Partial<SamplingOptions>, dies = Infinity): Promise<readonly number[]> {
  const events: GenerateEvent[] = []
  const request: GenerateRequest = { ...REQUEST, prompt: { kind: 'ids', ids: PROMPT }, maxTokens: TOKENS, sampling }
  const told = (): number[] => events.flatMap((event) => event.kind === 'token' ? [event.id] : [])
  const hear = async (heard: AsyncIterator<GenerateEvent>): Promise<void> => {
    for (let step = await heard.next(); step.done !== true; step = await heard.next()) {
      events.push(step.value)
      if (events.at(-1)?.kind !== 'done' && told().length === dies && step.value.kind === 'token') return
    }
  }
  let over = false
  const asked = (async () => {
    const first = swarm.coordinator.generate(request, { remote: true })[Symbol.asyncIterator]()
    await hear(first)
    const started = events[0]
    if (events.at(-1)?.kind === 'done' || started?.kind !== 'started') return
    swarm.network.kill('c')
    const other = await swarm.coordinate('d')
    const { sessionId, takeOverKey: key = '', promptIds, seed } = started
    const route = events.findLast((event) => event.kind === 'repaired')?.route ?? started.route
    await hear(other.generate({
      ...request, prompt: { kind: 'ids', ids: promptIds }, sampling: { ...sampling, seed }, generatedIds: told(), takeOver: { sessionId, key, route, lost: 'c' }
    }, { remote: true })[Symbol.asyncIterator]())
    await first.return?.()
  })()
  void asked.catch(() => undefined).finally(() => { over = true })
  for (let step = 0; step < 100 && !over; step++) await swarm.clock.advance(1000)
  assert.ok(over, 'it hangs')
  await asked
  assert.deepEqual(told(), tokensOf(events))
  return told()
}

/** A disk that takes a turn for everything and, from the first to the last, can't read one block in so many. */
function slowDisk (badEvery = Infinity): Spill {
  let blocks = 0
  return {
    async write (bytes) {
      await nextTurn()
      const isBad = ++blocks % badEvery === 0
      return {
        async read () {
          await nextTurn()
          return isBad ? undefined : bytes.slice()
        },
        free () { /* memory is */ }
      }
    }
  }
}

const swarmOf = async (standbyFrom = Infinity, disk: 'none' | 'good' | 'bad' = 'none'): Promise<FakeSwarm> => await fakeSwarm({
  spans: SPANS.flatMap(([start, end]) => Array.from({ length: PEERS }, (_, index) => [`${String.fromCharCode(97 + index)}${start}`, start, end] as const)),
  coordinator: { chunkRows: 4, standbyFrom },
  // a chunk of the prompt has 40 bytes
  ...(disk === 'none' ? {} : { server: { replayBytesPerSession: 80 }, spill: slowDisk(disk === 'bad' ? 3 : Infinity) })
})

describe('sessions in which anything goes wrong', function () {
  this.timeout(600_000)

  it('give the undisturbed answer and leave nothing behind, greedy and sampled', async () => {
    const samplings: ReadonlyArray<Partial<SamplingOptions>> = [{ temperature: 0 }, { temperature: 1.5, topP: 0.9, presencePenalty: 0.3, seed: 11n }]
    const expected = await Promise.all(samplings.map(async (sampling) => await answer(await swarmOf(), sampling)))
    assert.deepEqual(expected[0], await greedy(PROMPT, TOKENS))
    await fc.assert(fc.asyncProperty(schedule, fc.constantFrom(0, 1), fc.boolean(), fc.constantFrom('none', 'good', 'bad'), fc.option(fc.integer({ min: 1, max: TOKENS - 1 }), { nil: undefined }), async (faulty, which, hasStandbys, disk, dies) => {
      const swarm = await swarmOf(hasStandbys ? 12 : Infinity, disk)
      disturb(swarm, faulty)
      assert.deepEqual(await answer(swarm, samplings[which] ?? {}, dies), expected[which])
      await swarm.clock.advance(13_000)
      const held = swarm.nodes.filter(({ runner, server }) => runner.reserved + server.sessions > 0).map(({ peerId }) => peerId)
      assert.deepEqual(held, [])
    }), { numRuns: Number(process.env.SHOAL_CHAOS_RUNS ?? RUNS) })
  })
})

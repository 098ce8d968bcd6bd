import assert from 'node:assert/strict'
import { removeFolders } from '../../support/shoal.ts'
import { hear, startHerd, type Heard, type Herd } from '../../support/herd.ts'
import type { GenerateEvent, GenerateRequest, SamplingOptions } from '../../../src/pipeline/index.ts'

const STAGES = ['head', 'middle', 'tail'] as const
const TOKENS = 40
/** `npm run test:chaos` takes every position, `npm test` a few. */
const POSITIONS = process.env.SHOAL_CHAOS === 'all' ? Array.from({ length: TOKENS }, (_, index) => index) : [0, 17]
const greedy: Partial<SamplingOptions> = { temperature: 0 }
const sampled: Partial<SamplingOptions> = { temperature: 1.3, topP: 0.95, repetitionPenalty: 1.1, seed: 5n }

describe('an answer of real processes', function () {
  this.timeout(process.env.SHOAL_CHAOS === 'all' ? 3_600_000 : 240_000)
  let herd: Herd
  const expected = new Map<Partial<SamplingOptions>, readonly number[]>()

  const ask = (sampling: Partial<SamplingOptions>): AsyncIterable<GenerateEvent> => {
    const request: GenerateRequest = {
      modelId: herd.modelId,
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me about Germany.' }] },
      maxTokens: TOKENS,
      stop: [],
      sampling,
      wire: 'f32',
      ignoreEos: true
    }
    return herd.client.generate(request)
  }
  /** Asks, and does something to the route's stage when so many tokens have come; 0: as soon as it is asked. */
  const disturbed = async (sampling: Partial<SamplingOptions>, stage: number, at: number, act: (peerId: string) => void): Promise<Heard> => {
    // before the route is known: whoever had this stage in the last answer
    if (at === 0) setTimeout(() => { act(lastRoute[stage] ?? '') }, 5)
    let route: readonly string[] = []
    const heard = await hear(ask(sampling), (event, tokens) => {
      if (event.kind === 'started') route = event.route.map(({ peerId }) => peerId)
      if (event.kind === 'token' && tokens === at && at > 0) act(route[stage] ?? '')
    })
    lastRoute = heard.route
    return heard
  }
  let lastRoute: readonly string[] = []

  before(async () => {
    herd = await startHerd(['0:3', '3:5', '5:8', '0:3', '3:5', '5:8'])
    for (const sampling of [greedy, sampled]) {
      const { tokens, route } = await hear(ask(sampling))
      assert.equal(tokens.length, TOKENS)
      expected.set(sampling, tokens)
      lastRoute = route
    }
  })
  after(async () => {
    await herd.stop()
    await removeFolders()
  })

  for (const [index, stage] of STAGES.entries()) {
    it(`is the same when its ${stage} is killed with -9, at any token`, async () => {
      for (const at of POSITIONS) {
        let killed: string | undefined
        const { tokens, repairs, route } = await disturbed(greedy, index, at, (peerId) => {
          killed = peerId
          herd.members.get(peerId)?.child.kill('SIGKILL')
        })
        assert.deepEqual(tokens, expected.get(greedy), `at ${at}`)
        assert.ok(killed !== undefined)
        if (at > 0 && at < TOKENS - 10) {
          assert.ok(repairs.length > 0 && !route.includes(killed), `at ${at}: ${repairs.length} repairs`)
        }
        await herd.restart(killed)
      }
    })

    it(`is the same when its ${stage} hangs for 10 s`, async () => {
      let stopped: string | undefined
      const { tokens } = await disturbed(greedy, index, 9, (peerId) => {
        stopped = peerId
        const { child } = herd.members.get(peerId) ?? {}
        child?.kill('SIGSTOP')
        setTimeout(() => { child?.kill('SIGCONT') }, 10_000).unref()
      })
      assert.deepEqual(tokens, expected.get(greedy))
      assert.ok(stopped !== undefined)
      herd.members.get(stopped)?.child.kill('SIGCONT')
    })
  }

  it('is the same where it is sampled with a seed', async () => {
    for (const [index] of STAGES.entries()) {
      let killed = ''
      const { tokens } = await disturbed(sampled, index, 12, (peerId) => {
        killed = peerId
        herd.members.get(peerId)?.child.kill('SIGKILL')
      })
      assert.deepEqual(tokens, expected.get(sampled))
      await herd.restart(killed)
    }
  })

  it('is the same when two die at once', async () => {
    const killed: string[] = []
    const { tokens } = await disturbed(greedy, 1, 8, (middle) => {
      for (const peerId of [middle, lastRoute[2] ?? '']) {
        killed.push(peerId)
        herd.members.get(peerId)?.child.kill('SIGKILL')
      }
    })
    assert.deepEqual(tokens, expected.get(greedy))
    for (const peerId of killed) await herd.restart(peerId)
  })
})

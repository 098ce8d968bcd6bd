import assert from 'node:assert/strict'
import { importEmbedded, joinSwarm, type SwarmClient } from '../../../../src/daemon/index.ts'
import { startNodes, type Nodes } from '../../../../scripts/bench/nodes.ts'
import { hear } from '../../../support/herd.ts'
import { removeFolders, temporaryFolder } from '../../../support/shoal.ts'
import type { GenerateEvent } from '../../../../src/pipeline/index.ts'
import type { Proxy } from '../../../../scripts/bench/proxy.ts'

const isWhole = process.env.SHOAL_CHAOS === 'all'
/** Nodes of the route that it happens to, round by round. */
const COUNTS = isWhole ? Array.from({ length: 21 }, (_, round) => round % 3 + 1) : [1, 3]
const TOKENS = 40
const STAGES = 3
const STALL_MS = 10_000
const LONGEST_DELAY_MS = 40

/** What happens to every connection that leads to a node. */
const troubles: Readonly<Record<string, (proxy: Proxy, share: number) => void>> = {
  'takes longer': (proxy, share) => { proxy.setDelay(Math.ceil(share * LONGEST_DELAY_MS)) },
  'holds everything for 10 s': (proxy) => {
    proxy.hold(true)
    setTimeout(() => { proxy.hold(false) }, STALL_MS).unref()
  },
  'is cut': (proxy) => { proxy.cut() }
}

describe('an answer of real processes over a network that fails', function () {
  this.timeout(isWhole ? 3_600_000 : 240_000)
  let nodes: Nodes
  let client: SwarmClient
  let modelId: string
  let expected: readonly number[]
  let state = 7

  /** Lehmer's generator: in [0, 1). */
  const random = (): number => {
    state = state * 48_271 % 2_147_483_647
    return state / 2_147_483_647
  }
  const ask = (): AsyncIterable<GenerateEvent> => client.generate({
    modelId, prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me about Germany.' }] }, maxTokens: TOKENS, stop: [], sampling: { temperature: 0 }, wire: 'f32', ignoreEos: true
  })

  before(async () => {
    const folder = await temporaryFolder()
    const { layerCount } = await importEmbedded(folder, {})
    nodes = await startNodes({ model: 'atlas', folder, layerCount, processes: STAGES, slots: 8, proxied: true, copies: 2 })
    client = await joinSwarm({ data: await temporaryFolder(), join: nodes.daemons.map(({ address }) => address), signal: new AbortController().signal, onNote () { /* nobody reads */ } })
    ;({ modelId } = await client.chooseModel('atlas'))
    ;({ tokens: expected } = await hear(ask()))
    assert.equal(expected.length, TOKENS)
  })
  after(async () => {
    await client?.close()
    await nodes?.stop()
    await removeFolders()
  })

  for (const [what, act] of Object.entries(troubles)) {
    it(`is the same when the way to one of its nodes, or to all, ${what}, at a random moment`, async () => {
      for (const count of COUNTS) {
        const at = Math.floor(random() * (TOKENS - 1)) + 1
        // who dialled whom is chance: only what happens to all of them surely happens to the connections between them
        const first = Math.floor(random() * STAGES)
        let hit: Proxy[] = []
        let route: readonly string[] = []
        const { tokens } = await hear(ask(), (event, told) => {
          if (event.kind === 'started' || event.kind === 'repaired') route = event.route.map(({ peerId }) => peerId)
          if (event.kind !== 'token' || told !== at) return
          const chosen = Array.from({ length: count }, (_, index) => route[(first + index) % STAGES])
          hit = nodes.proxies.filter((_, index) => chosen.includes(nodes.daemons[index]?.peerId))
          for (const proxy of hit) act(proxy, random())
        })
        assert.equal(hit.length, count)
        assert.deepEqual(tokens, expected, `${count} nodes from stage ${first} at ${at}`)
        for (const proxy of hit) {
          proxy.setDelay(0)
          proxy.hold(false)
        }
      }
    })
  }
})

/** What an undisturbed answer pays for being ready to go on: replay buffers, and standbys. In this process, over TCP on loopback. */
import { createEngine } from '../../../src/engine/index.ts'
import { MAX_TOKENIZER_BYTES, createTokenizer, parseTokenizerData } from '../../../src/model/index.ts'
import { createHost, type Host } from '../../../src/p2p/index.ts'
import { coordinator, stageServer, type StageServerInit } from '../../../src/pipeline/index.ts'
import { planRoute } from '../../../src/routing/index.ts'
import { modelStore } from '../../../src/store/index.ts'
import { spansOf } from '../nodes.ts'
import { interleaved } from '../rounds.ts'
import { pairedRatio, summary } from '../statistics.ts'
import type { BenchModel } from '../models.ts'
import type { BenchRun } from '../bench-run.ts'
import type { NodeRecord } from '../../../src/swarm/index.ts'
import type { Row } from '../table.ts'

const STAGES = 3
const COMPUTE = 'fast'
const PROMPT_TOKENS = 16
const SLOTS = 4
const CONTEXT = 1024
const REPLAY_AIM = 0.97
const STANDBY_AIM = 0.92

export async function overheadRows ({ model, options, prompts }: BenchRun): Promise<Row[]> {
  if (model.name !== 'smollm2') return []
  const swarms = {
    bare: await inProcess(model, { replayBytes: 0 }, Infinity, 1),
    replay: await inProcess(model, {}, Infinity, 1),
    // from the prompt on, so that all that is measured is with them
    standbys: await inProcess(model, {}, 0, 2)
  }
  try {
    const speed = (name: keyof typeof swarms) => [name, async () => await swarms[name].speed(prompts.next(PROMPT_TOKENS), 2 * options.tokens)] as const
    const speeds = await interleaved([speed('bare'), speed('replay'), speed('standbys')], options.rounds)
    const of = (name: keyof typeof swarms): readonly number[] => speeds.get(name) ?? []
    const row = (id: keyof typeof swarms, what: string, ratios: Row['ratios'], remark?: string): Row => ({
      id: `failover/${model.name}/overhead/${id}`, what: `decode, ${model.title}, ${STAGES} stages in one process, ${what}`, unit: 'tokens/s', measured: summary(of(id)), ratios, ...(remark == null ? {} : { remark })
    })
    return [
      row('bare', 'no replay buffer', []),
      row('replay', 'with replay buffers', [{ against: 'no replay buffer', value: pairedRatio(of('replay'), of('bare')), better: 'higher', aim: REPLAY_AIM }]),
      row('standbys', 'with a standby for each stage', [{ against: 'no standbys', value: pairedRatio(of('standbys'), of('replay')), better: 'higher', aim: STANDBY_AIM }],
        'they compute the same again, on the same processor')
    ]
  } finally {
    for (const { stop } of Object.values(swarms)) await stop()
  }
}

interface InProcess {
  /** Tokens a second, without the first. */
  speed (prompt: readonly number[], tokens: number): Promise<number>
  stop (): Promise<void>
}

async function inProcess ({ name, folder, layerCount }: BenchModel, init: StageServerInit, standbyFrom: number, copies: number): Promise<InProcess> {
  const store = await modelStore(folder)
  const { modelId, manifest } = await store.get(name)
  const tokenizer = createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES)))
  const engine = await createEngine({ device: 'cpu', threads: 1 })
  const ends: Array<() => Promise<void>> = [async () => { await engine.close() }]
  const hostOf = async (): Promise<Host> => {
    const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    await host.start()
    ends.unshift(async () => { await host.stop() })
    return host
  }
  const records: NodeRecord[] = []
  const spans = spansOf(layerCount, STAGES).map((text) => text.split(':').map(Number))
  for (const [start = 0, end = 0] of Array.from({ length: copies }, () => spans).flat()) {
    const host = await hostOf()
    const runner = await engine.load({ manifest, blobFolder: store.blobs.folder }, { start, end }, { compute: COMPUTE, slots: SLOTS, contextLength: CONTEXT })
    ends.unshift(async () => { await runner.close() })
    const server = stageServer({ host }, init)
    server.offer(modelId, runner)
    await server.start()
    ends.unshift(async () => { await server.stop() })
    records.push({
      peerId: host.peerId, seq: 1n, expiresAtMs: Infinity, name: '', version: '', device: { kind: 'cpu', label: '' }, memoryBytes: 0,
      numericClass: engine.numericClass(COMPUTE), protocols: [], addresses: host.addresses(),
      spans: [{
        modelId, start, end, label: name, layerCount, state: 'online', compute: COMPUTE, wires: ['f16', 'f32'], freeSlots: runner.freeSlots(),
        // the first of each span are taken, the others stand by
        decodeMsPerToken: records.length < STAGES ? 1 : 2, prefillTokensPerSecond: 1000, queueMs: 0
      }]
    })
  }
  const asked = coordinator({
    host: await hostOf(),
    swarm: { nodes: () => records, refresh: async () => await Promise.resolve(records), roundTripMs: () => 1 },
    models: async () => await Promise.resolve({ manifest, tokenizer }),
    planRoute
  }, { standbyFrom })
  await asked.start()
  return {
    speed: async (prompt, tokens) => {
      let firstAt = 0
      let lastAt = 0
      let count = 0
      for await (const { kind } of asked.generate({ modelId, prompt: { kind: 'ids', ids: prompt }, maxTokens: tokens, stop: [], sampling: { temperature: 0 }, wire: 'f16', ignoreEos: true })) {
        if (kind === 'repaired') throw new Error('a stage was lost in an undisturbed answer')
        if (kind !== 'token') continue
        lastAt = performance.now()
        if (count++ === 0) firstAt = lastAt
      }
      return (count - 1) / (lastAt - firstAt) * 1000
    },
    stop: async () => {
      await asked.stop()
      for (const end of ends) await end()
    }
  }
}

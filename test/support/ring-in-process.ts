/** Stages of the real engine in this process, each with a libp2p host of its own on loopback, and whoever asks them. */
import { createEngine, type SpanRunner } from '../../src/engine/index.ts'
import { MAX_TOKENIZER_BYTES, createTokenizer, parseTokenizerData } from '../../src/model/index.ts'
import { createHost, type Host } from '../../src/p2p/index.ts'
import { coordinator, stageServer, type CoordinatorInit, type GenerateEvent, type GenerateRequest, type StageServer, type StageServerComponents, type StageServerInit } from '../../src/pipeline/index.ts'
import { planRoute } from '../../src/routing/index.ts'
import { modelStore } from '../../src/store/index.ts'
import type { NodeRecord } from '../../src/swarm/index.ts'

export interface RingInit {
  readonly model: string
  /** Data folder that has it. */
  readonly folder: string
  /** One stage each. */
  readonly spans: ReadonlyArray<readonly [start: number, end: number]>
  /** Nodes of each span: the first ones are taken as long as they work. */
  readonly copies: number
  readonly slots: number
  readonly contextLength: number
  readonly server?: StageServerInit
  /** What a stage has in place of its host. */
  readonly hostOf?: (host: Host, index: number) => StageServerComponents['host']
  /** What a stage has in place of its runner. */
  readonly runnerOf?: (runner: SpanRunner, index: number) => SpanRunner
}

export interface RingInProcess {
  readonly servers: readonly StageServer[]
  /** A coordinator of its own each time: nothing is held against anybody. */
  ask (request: Omit<GenerateRequest, 'modelId'>, init?: CoordinatorInit): AsyncIterable<GenerateEvent>
  stop (): Promise<void>
}

const COMPUTE = 'fast'

export async function ringInProcess (init: RingInit): Promise<RingInProcess> {
  const { model: name, folder, spans, copies, slots, contextLength, server: serverInit = {}, hostOf = (host) => host, runnerOf = (runner) => runner } = init
  const store = await modelStore(folder)
  const { modelId, manifest } = await store.get(name)
  const tokenizer = createTokenizer(parseTokenizerData(await store.blobs.read(manifest.tokenizer.cid, MAX_TOKENIZER_BYTES)))
  const engine = await createEngine({ device: 'cpu', threads: 1 })
  /** In the order in which they are called. */
  const ends: Array<() => Promise<void>> = [async () => { await engine.close() }]
  const startHost = async (): Promise<Host> => {
    const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    await host.start()
    ends.unshift(async () => { await host.stop() })
    return host
  }
  const records: NodeRecord[] = []
  const servers: StageServer[] = []
  for (const [start, end] of Array.from({ length: copies }, () => spans).flat()) {
    const host = await startHost()
    const loaded = await engine.load({ manifest, blobFolder: store.blobs.folder }, { start, end }, { compute: COMPUTE, slots, contextLength })
    ends.unshift(async () => { await loaded.close() })
    const runner = runnerOf(loaded, records.length)
    const server = stageServer({ host: hostOf(host, records.length) }, serverInit)
    server.offer(modelId, runner)
    await server.start()
    ends.unshift(async () => { await server.stop() })
    servers.push(server)
    records.push({
      peerId: host.peerId, seq: 1n, expiresAtMs: Infinity, name: '', version: '', device: { kind: 'cpu', label: '' }, memoryBytes: 0,
      numericClass: engine.numericClass(COMPUTE), protocols: [], addresses: host.addresses(),
      spans: [{
        modelId, start, end, label: name, layerCount: manifest.config.layerCount, state: 'online', compute: COMPUTE, wires: ['f16', 'f32'], freeSlots: runner.freeSlots(),
        decodeMsPerToken: records.length < spans.length ? 1 : 2, prefillTokensPerSecond: 1000, queueMs: 0, divisible: false
      }],
      offers: []
    })
  }
  const host = await startHost()
  return {
    servers,
    ask: (request, asked) => coordinator({
      host,
      swarm: { nodes: () => records, refresh: async () => await Promise.resolve({ nodes: records, isWhole: true }), roundTripMs: () => 1 },
      models: async () => await Promise.resolve({ manifest, tokenizer }),
      planRoute
    }, asked).generate({ ...request, modelId }),
    stop: async () => { for (const end of ends) await end() }
  }
}

/**
 * What a token pays for the way through the gateway: the same answer of the embedded model, read from the coordinator in this process
 * and as server-sent events over a socket. The client is in this process too, so that its share is in the difference.
 */
import { importEmbedded } from '../../../src/daemon/index.ts'
import { startGateway, type Gateway, type Generator } from '../../../src/gateway/index.ts'
import { ringInProcess } from '../../../test/support/ring-in-process.ts'
import { temporaryFolder } from '../../../test/support/shoal.ts'
import { interleaved } from '../rounds.ts'
import { stream } from '../sse-client.ts'
import { summary } from '../statistics.ts'
import type { GenerateEvent } from '../../../src/pipeline/index.ts'
import type { BenchOptions } from '../options.ts'
import type { Row } from '../table.ts'

const ALLOWED_MS = 0.3
const MODEL = 'atlas'
const PROMPT = Array.from({ length: 16 }, (_, index) => 100 + index)
const CONTEXT = 1024

const nothing = (): void => { /* nobody reads it */ }

/** Between the first and the last token, in ms for each. */
const each = (arrivals: readonly number[]): number => ((arrivals.at(-1) ?? NaN) - (arrivals[0] ?? NaN)) / (arrivals.length - 1)

/** Tokens of the recorded answer. */
const RECORDED = 2000

async function started (generator: Generator): Promise<Gateway> {
  return await startGateway({ generator, logger: { info: nothing, warn: nothing }, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', port: 0 })
}

const modelOf = (modelId: string): Generator['models'] => async () => await Promise.resolve([{ name: MODEL, modelId, createdS: 0 }])

async function madeRow ({ rounds, tokens }: BenchOptions): Promise<Row> {
  const folder = await temporaryFolder()
  const { modelId, layerCount } = await importEmbedded(folder, {})
  const ring = await ringInProcess({ model: MODEL, folder, spans: [[0, layerCount]], copies: 1, slots: 4, contextLength: CONTEXT })
  const gateway = await started({ models: modelOf(modelId), generate: (request) => ring.ask(request) })
  try {
    const length = 8 * tokens
    const inProcess = async (): Promise<number> => {
      const arrivals: number[] = []
      const request = { prompt: { kind: 'ids', ids: PROMPT }, maxTokens: length, stop: [], sampling: { temperature: 0, logprobs: 0 }, wire: 'f16', ignoreEos: true } as const
      for await (const { kind } of ring.ask(request)) if (kind === 'token') arrivals.push(performance.now())
      return each(arrivals)
    }
    const overHttp = async (): Promise<number> => {
      // every token is an event where its log probability is asked for
      const { arrivals } = await stream(`${gateway.url}/v1/completions`, { prompt: PROMPT, max_tokens: length, temperature: 0, logprobs: 0, ignore_eos: true, wire: 'f16' })
      return each(arrivals)
    }
    const times = await interleaved([['in process', inProcess], ['over HTTP', overHttp]], rounds)
    const bare = times.get('in process') ?? []
    return row('gateway/token', 'time', (times.get('over HTTP') ?? []).map((value, round) => value - (bare[round] ?? NaN)),
      `one stream of the embedded model, ${length} tokens; in process ${summary(bare).median.toFixed(2)} ms each`)
  } finally {
    await gateway.stop({ signal: AbortSignal.abort() })
    await ring.stop()
  }
}

/** Processor time, which other programs don't change: of an answer that is there already, so that nothing else takes any. */
async function recordedRow ({ rounds }: BenchOptions): Promise<Row> {
  const route = [{ peerId: 'recorded', span: [0, 1] }] as const
  const generate = async function * (): AsyncGenerator<GenerateEvent> {
    yield { kind: 'started', sessionId: '', promptTokens: 1, promptIds: [0], seed: 0n, route }
    for (let id = 0; id < RECORDED; id++) {
      // a turn of the event loop each, as tokens that come from a socket
      await new Promise((resolve) => { setImmediate(resolve) })
      yield { kind: 'token', id, text: ' word', logprob: -1, top: [] }
    }
    yield {
      kind: 'done', text: ' word'.repeat(RECORDED), tokens: [], finishReason: 'length', route, timings: { ttftMs: 0, totalMs: 0, tokensPerSecond: 0 },
      usage: { promptTokens: 1, completionTokens: RECORDED, cachedTokens: 0 }
    }
  }
  const gateway = await started({ models: modelOf('recorded'), generate })
  const cpuMs = async (read: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage()
    await read()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / RECORDED
  }
  try {
    const times = await interleaved([
      ['in process', async () => await cpuMs(async () => { for await (const _ of generate()); })],
      ['over HTTP', async () => await cpuMs(async () => await stream(`${gateway.url}/v1/completions`, { prompt: PROMPT, max_tokens: RECORDED, logprobs: 0 }))]
    ], rounds)
    const bare = times.get('in process') ?? []
    return row('gateway/processor', 'processor time', (times.get('over HTTP') ?? []).map((value, round) => value - (bare[round] ?? NaN)), `a recorded answer of ${RECORDED} tokens`)
  } finally {
    await gateway.stop({ signal: AbortSignal.abort() })
  }
}

function row (id: string, what: string, dearerMs: readonly number[], remark: string): Row {
  const measured = summary(dearerMs)
  return {
    id,
    what: `what a token pays for the gateway, ${what}: as a server-sent event with its log probability, less in process`,
    unit: 'ms',
    measured,
    ratios: [{ against: `the ${ALLOWED_MS} ms allowed`, value: measured.median / ALLOWED_MS, better: 'lower', aim: 1 }],
    remark: `${remark}; the client is in the same process`
  }
}

export async function gatewayRows (options: BenchOptions): Promise<Row[]> {
  return [await madeRow(options), await recordedRow(options)]
}

/** Daemons on loopback that hold a model together, and the first one's gateway as a contender. */
import { copyModel } from '../../src/daemon/index.ts'
import { daemon, temporaryFolder, type Daemon } from '../../test/support/shoal.ts'
import { freePort, proxyTo, type Proxy } from './proxy.ts'
import { stream } from './sse-client.ts'
import type { BenchModel } from './models.ts'
import type { Contender } from './run.ts'

export interface BenchSwarm extends Contender {
  /** Where proxies were asked for: the delay of every line, and what passed on all of them. */
  setDelay (oneWayMs: number): void
  passedBytes (): number
  stop (): Promise<void>
}

export interface BenchSwarmInit {
  /** Into how many spans the layers are cut. */
  readonly processes: number
  readonly proxied?: boolean
}

const CONTEXT = 2048
const SESSIONS = 16
const READY_MS = 30_000
const LOOK_MS = 100

/** Spans of nearly one length. */
export const spansOf = (layerCount: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${Math.round(index * layerCount / count)}:${Math.round((index + 1) * layerCount / count)}`)

export async function startSwarm (model: BenchModel, { processes, proxied = false }: BenchSwarmInit): Promise<BenchSwarm> {
  const daemons: Daemon[] = []
  const proxies: Proxy[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(daemons.map(async (each) => { await each.stop() }))
    proxies.forEach((proxy) => { proxy.close() })
  }
  try {
    for (const layers of spansOf(model.layerCount, processes)) {
      const home = await temporaryFolder()
      await copyModel(model.folder, home)
      const port = proxied ? await freePort() : 0
      const proxy = proxied ? await proxyTo(port) : undefined
      if (proxy != null) proxies.push(proxy)
      const [head] = daemons
      daemons.push(await daemon([
        model.name, '--layers', layers, '--threads', '1', '--context', String(CONTEXT), '--slots', String(SESSIONS), '--drain-timeout', '1',
        '--listen', `/ip4/127.0.0.1/tcp/${port}`,
        // nobody learns where the node listens, so everybody comes through its proxy
        ...(proxy == null ? [] : ['--announce', `/ip4/127.0.0.1/tcp/${proxy.port}`]),
        ...(head == null ? [] : ['--join', head.address])
      ], { home }))
    }
    const [head] = daemons
    if (head == null) throw new Error('a swarm has at least one node')
    await served(head.http)
    return {
      name: processes === 1 ? 'alone' : `split over ${processes}`,
      generate: async (prompt, { tokens, cold }) => {
        const answer = await stream(`${head.http}/v1/completions`, {
          model: model.name, prompt, max_tokens: tokens, temperature: 0, logit_bias: { [model.endOfText]: -100 }
        })
        const stages = answer.route.split(' ').length
        if (answer.completionTokens !== tokens) throw new Error(`${answer.completionTokens} tokens came instead of ${tokens}`)
        if (answer.promptTokens !== prompt.length) throw new Error(`the prompt had ${answer.promptTokens} tokens instead of ${prompt.length}`)
        if (stages !== processes) throw new Error(`the answer took ${stages} stages instead of ${processes}: ${answer.route}`)
        if (cold && answer.cachedTokens > 0) throw new Error(`${answer.cachedTokens} tokens of a cold prompt were cached`)
        return { startedAt: answer.startedAt, arrivals: answer.arrivals, tokens: answer.completionTokens, cached: answer.cachedTokens }
      },
      setDelay: (oneWayMs) => { proxies.forEach((proxy) => { proxy.setDelay(oneWayMs) }) },
      passedBytes: () => proxies.reduce((sum, proxy) => sum + proxy.passed().there + proxy.passed().back, 0),
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until the gateway lists the model: the head has heard of every layer. */
async function served (http: string): Promise<void> {
  const deadline = performance.now() + READY_MS
  for (;;) {
    const { data } = await (await fetch(`${http}/v1/models`)).json() as { data: unknown[] } // our own gateway
    if (data.length > 0) return
    if (performance.now() > deadline) throw new Error('the nodes did not find each other in time')
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
  }
}

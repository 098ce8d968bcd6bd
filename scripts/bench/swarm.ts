/** A model's nodes, and the first one's gateway as a contender. */
import { startNodes } from './nodes.ts'
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

export async function startSwarm (model: BenchModel, { processes, proxied = false }: BenchSwarmInit): Promise<BenchSwarm> {
  const { folder, layerCount, name } = model
  const { daemons: [head], proxies, stop } = await startNodes({ model: name, folder, layerCount, processes, slots: SESSIONS, context: CONTEXT, proxied })
  if (head == null) throw new Error('a swarm has at least one node')
  return {
    name: processes === 1 ? 'alone' : `split over ${processes}`,
    generate: async (prompt, { tokens, cold }) => {
      const answer = await stream(`${head.http}/v1/completions`, {
        model: name, prompt, max_tokens: tokens, temperature: 0, wire: 'f16', logit_bias: { [model.endOfText]: -100 }
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
}

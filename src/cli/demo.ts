/** The demo: a swarm of processes on this machine, each with its share of the embedded model, and a client without layers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { showAnswer, type Done } from './answer.ts'
import { conversation } from './conversation.ts'
import { demoNode, type DemoNode } from './demo-node.ts'
import { requestOf, type GenerateOptions } from './generate-options.ts'
import { shortPeer } from './format.ts'
import { type Output } from './output.ts'
import { withSwarm } from './connect.ts'
import type { Context } from './command.ts'
import type { GenerateEvent } from '../daemon/index.ts'

export interface DemoInit {
  readonly nodes: number
  readonly prompt: string
  /** Start a spare, and kill a node in the middle of the answer. */
  readonly kill: boolean
}

const MODEL = 'atlas'
const options: GenerateOptions = { model: MODEL, maxTokens: 64, temperature: 0, topP: 1, topK: 0, minP: 0 }

/** Runs it from beginning to end; nothing stays behind, whatever happens. */
export async function runDemo (context: Context, { nodes, prompt, kill }: DemoInit): Promise<void> {
  const { out, signal } = context
  const { copyModel, importEmbedded } = await import('../daemon/index.ts')
  const started = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'shoal-demo-'))
  const running: DemoNode[] = []
  try {
    const source = join(folder, 'model')
    const { layerCount } = await importEmbedded(source, { signal })
    const spans = shares(layerCount, Math.min(nodes, layerCount))
    const victim = Math.floor(spans.length / 2)
    const homes = kill ? [...spans, ...spans.slice(victim, victim + 1)] : spans
    const byPeer = new Map<string, DemoNode>()
    out.line(`${pc.bold(`Starting ${spans.length} nodes${kill ? ' and a spare' : ''}`)}, each a process of its own with a share of the model ${MODEL} (${layerCount} layers)\n`)

    const start = async (index: number, bootstrap?: string): Promise<DemoNode> => {
      const home = join(folder, `node-${index + 1}`)
      await copyModel(source, home)
      const [first, end] = homes[index] ?? [0, 0]
      const node = demoNode({ home, model: MODEL, layers: `${first}:${end}`, bootstrap, verbose: context.verbose })
      running.push(node)
      const { peerId } = await node.ready(signal)
      byPeer.set(peerId, node)
      out.event({ event: 'node', pid: node.pid, peerId, span: [first, end] })
      out.line(`  ${pc.cyan(`node ${index + 1}`)}  …${shortPeer(peerId)}  layers ${first} to ${end - 1}${index < spans.length ? '' : pc.dim('  (the spare)')}`)
      return node
    }
    // The others know one address, the first one's: the rest they find through the DHT.
    const first = await start(0)
    const { address } = await first.ready(signal)
    await Promise.all(homes.slice(1).map(async (_, index) => await start(index + 1, address)))

    await withSwarm({ ...context, data: join(folder, 'client') }, { join: [address] }, async (swarm) => {
      const { modelId } = await swarm.chooseModel(MODEL)
      out.line(`\nA client without layers found every layer through the DHT, ${seconds(performance.now() - started)} after the start.\n`)
      out.line(`${pc.bold('You:')} ${prompt}`)
      out.text(pc.bold('Atlas: '))
      const messages = [{ role: 'user', content: prompt }]
      const answer = swarm.generate(requestOf(options, modelId, { kind: 'chat', messages }), { signal })
      const done = await showAnswer(out, kill ? killing(answer, victim, (peerId) => { byPeer.get(peerId)?.kill() }) : answer, signal, { tell: (text) => { out.line(`\n${pc.dim('mended')} ${text}`) } })
      signal.throwIfAborted()
      summary(out, done)
      if (process.stdin.isTTY && out.terminal) await conversation(context, swarm, options)
    })
  } finally {
    await Promise.all(running.map(async (node) => { await node.stop() }))
    await rm(folder, { recursive: true, force: true })
  }
}

/** Tokens after which the node dies: a few words into the sentence. */
const TOKENS_BEFORE_DEATH = 5

/** The same events; in the middle of them the stage is killed. */
async function * killing (events: AsyncIterable<GenerateEvent>, stage: number, kill: (peerId: string) => void): AsyncGenerator<GenerateEvent> {
  let peerId: string | undefined
  let tokens = 0
  for await (const event of events) {
    if (event.kind === 'started') peerId = event.route[stage]?.peerId
    if (event.kind === 'token' && ++tokens === TOKENS_BEFORE_DEATH && peerId !== undefined) kill(peerId)
    yield event
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function summary (out: Output, { route, timings, usage }: Done): void {
  const stages = route.map(({ peerId, span: [start, end] }) => `…${shortPeer(peerId)}[${start}:${end}]`).join(' → ')
  out.line(`\n${pc.dim('route')}  ${stages} → back to the first`)
  out.line(`${pc.dim('speed')}  ${timings.tokensPerSecond.toFixed(0)} tokens/s, ${usage.completionTokens} tokens, the first after ${timings.ttftMs.toFixed(0)} ms`)
}

/** `count` spans of nearly one length. */
export function shares (layerCount: number, count: number): Array<readonly [start: number, end: number]> {
  return Array.from({ length: count }, (_, index) => [Math.round(index * layerCount / count), Math.round((index + 1) * layerCount / count)] as const)
}

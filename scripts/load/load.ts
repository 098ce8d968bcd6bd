/**
 * The load run: many clients with mixed prompts against a few daemons for some minutes. Ends with 1 where an aim is missed:
 * no error, no stall over 5 s, memory flat once every client has been through its work once, like clients served alike within 20 %.
 */
import { writeFileSync } from 'node:fs'
import { importEmbedded } from '../../src/daemon/index.ts'
import { removeFolders, temporaryFolder } from '../../test/support/shoal.ts'
import { benchModel } from '../bench/models.ts'
import { startNodes, type Nodes } from '../bench/nodes.ts'
import { UsageError } from '../bench/options.ts'
import { client } from './client.ts'
import { residentBytes } from './memory.ts'
import { loadOptions, type LoadModel } from './options.ts'
import { shown, verdict, type MemoryLog } from './verdict.ts'
import { kinds } from './workload.ts'

const LOOK_AT_MEMORY_MS = 5000

const say = (text: string): void => { process.stderr.write(`${text}\n`) }

async function modelFolder (name: LoadModel): Promise<{ folder: string, layerCount: number }> {
  if (name === 'atlas') {
    const folder = await temporaryFolder()
    const { layerCount } = await importEmbedded(folder, {})
    return { folder, layerCount }
  }
  const model = await benchModel(name)
  if (model == null) throw new UsageError(`${name} is not on this machine: take another --model`)
  return model
}

/** Looks at each daemon's memory until it is told to stop. */
function watchMemory ({ daemons }: Nodes): { stop (): MemoryLog[] } {
  const startedAt = performance.now()
  const logs = daemons.map(({ child }, index) => ({ node: `node ${index + 1}`, pid: child.pid ?? 0, samples: Array<MemoryLog['samples'][number]>() }))
  const look = (): void => {
    for (const { node, pid, samples } of logs) {
      residentBytes(pid).then((bytes) => { samples.push({ atMs: performance.now() - startedAt, bytes }) }, (error: unknown) => { say(`${node}: ${String(error)}`) })
    }
  }
  look()
  const timer = setInterval(look, LOOK_AT_MEMORY_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return logs.map(({ node, samples }) => ({ node, samples }))
    }
  }
}

async function main (): Promise<number> {
  const options = loadOptions(process.argv.slice(2))
  const { folder, layerCount } = await modelFolder(options.model)
  const nodes = await startNodes({ model: options.model, folder, layerCount, processes: options.nodes, slots: options.slots })
  try {
    say(`${options.clients} clients, ${options.nodes} nodes, ${options.model}, ${options.minutes} min`)
    const startedAt = performance.now()
    const memory = watchMemory(nodes)
    const clients = await Promise.all(Array.from({ length: options.clients }, async (_, index) => {
      const kind = kinds[index % kinds.length]
      // like clients ask at different nodes
      const node = nodes.daemons[Math.floor(index / kinds.length) % nodes.daemons.length]
      if (kind == null || node == null) throw new Error('there are kinds and nodes')
      return await client({ http: node.http, model: options.model, kind, index, endsAt: startedAt + options.minutes * 60_000 })
    }))
    const seconds = (performance.now() - startedAt) / 1000
    const result = verdict(clients, memory.stop())
    const ended = nodes.daemons.flatMap(({ child }, index) => (child.exitCode == null && child.signalCode == null ? [] : [`node ${index + 1} ended during the run`]))
    const missed = [...result.missed, ...ended]
    process.stdout.write(`${shown({ ...result, missed }, seconds)}\n`)
    if (options.out != null) writeFileSync(options.out, `${JSON.stringify({ options, seconds, ...result, missed, clients }, null, 2)}\n`)
    return missed.length === 0 ? 0 : 1
  } finally {
    await nodes.stop()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  say(`load: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
} finally {
  await removeFolders()
}
process.exit()

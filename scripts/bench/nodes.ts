/** Daemons on loopback that hold a model together, each a process of its own with one thread. */
import { copyModel } from '../../src/daemon/index.ts'
import { daemon, temporaryFolder, type Daemon } from '../../test/support/shoal.ts'
import { freePort, proxyTo, type Proxy } from './proxy.ts'

export interface NodesInit {
  /** As the data folder calls it. */
  readonly model: string
  /** Data folder that has the model, for nodes to take theirs from. */
  readonly folder: string
  readonly layerCount: number
  /** Into how many spans the layers are cut. */
  readonly processes: number
  /** Sessions at once. */
  readonly slots: number
  readonly context?: number
  /** Nodes reach each other through a proxy in front of each. */
  readonly proxied?: boolean
  /** Nodes of each span: first one of each, then the next one of each. @default 1 */
  readonly copies?: number
}

export interface Nodes {
  readonly daemons: readonly Daemon[]
  /** In the order of the daemons; none where they were not asked for. */
  readonly proxies: readonly Proxy[]
  /** Starts the one at `index`, which has ended, on its data folder again. */
  restart (index: number): Promise<void>
  stop (): Promise<void>
}

const READY_MS = 30_000
const LOOK_MS = 100

/** Spans of nearly one length. */
export const spansOf = (layerCount: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${Math.round(index * layerCount / count)}:${Math.round((index + 1) * layerCount / count)}`)

/** Resolves when every node's gateway can answer. */
export async function startNodes ({ model, folder, layerCount, processes, slots, context, proxied = false, copies = 1 }: NodesInit): Promise<Nodes> {
  const daemons: Daemon[] = []
  const proxies: Proxy[] = []
  const starts: Array<() => Promise<Daemon>> = []
  const stop = async (): Promise<void> => {
    await Promise.all(daemons.map(async (each) => { await each.stop() }))
    proxies.forEach((proxy) => { proxy.close() })
  }
  try {
    const spans = spansOf(layerCount, processes)
    for (const layers of Array.from({ length: copies }, () => spans).flat()) {
      const home = await temporaryFolder()
      await copyModel(folder, home)
      const port = proxied ? await freePort() : 0
      const proxy = proxied ? await proxyTo(port) : undefined
      if (proxy != null) proxies.push(proxy)
      const start = async (): Promise<Daemon> => {
        const other = daemons.find(({ child }) => child.exitCode == null && child.signalCode == null)
        return await daemon([
          model, '--layers', layers, '--threads', '1', '--slots', String(slots), '--drain-timeout', '1',
          '--listen', `/ip4/127.0.0.1/tcp/${port}`,
          ...(context == null ? [] : ['--context', String(context)]),
          // nobody learns where the node listens, so everybody comes through its proxy
          ...(proxy == null ? [] : ['--announce', `/ip4/127.0.0.1/tcp/${proxy.port}`]),
          ...(other == null ? [] : ['--join', other.address])
        ], { home })
      }
      starts.push(start)
      daemons.push(await start())
    }
    await Promise.all(daemons.map(async ({ http }) => { await served(http) }))
    return {
      daemons,
      proxies,
      restart: async (index) => {
        const again = await starts[index]?.()
        if (again == null) throw new Error(`there is no node ${index}`)
        daemons[index] = again
        await served(again.http)
      },
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until the gateway lists the model: its node has heard of every layer. */
async function served (http: string): Promise<void> {
  const deadline = performance.now() + READY_MS
  for (;;) {
    const { data } = await (await fetch(`${http}/v1/models`)).json() as { data: unknown[] } // our own gateway
    if (data.length > 0) return
    if (performance.now() > deadline) throw new Error('the nodes did not find each other in time')
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
  }
}

/** Three real daemons, each with a part of the embedded model, for clients that speak HTTP. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { daemon, removeFolders, type Daemon } from '../../support/shoal.ts'

const SPANS = ['0:3', '3:6', '6:8']

export interface ThreeNodes {
  /** Where requests go: a node in the middle, whose coordinator has neither end of the model. */
  readonly http: string
  readonly nodes: readonly Daemon[]
  /** Slots of the layers of every node that nobody uses, as each says of itself. */
  freeSlots (): Promise<string>
}

/** Whether the node knows of somebody for each layer. */
async function isServed (http: string): Promise<boolean> {
  const { data } = await (await fetch(`${http}/v1/models`)).json() as { data: unknown[] }
  return data.length > 0
}

/** Call in a `describe`. */
export function threeNodes (more: readonly string[] = []): ThreeNodes {
  let nodes: Daemon[] = []

  before(async function () {
    this.timeout(120_000)
    const start = async (layers: string, join: readonly string[]): Promise<Daemon> => await daemon(['--layers', layers, '--threads', '1', ...join, ...more])
    const first = await start(SPANS[0] ?? '', [])
    nodes = [first, ...await Promise.all(SPANS.slice(1).map(async (layers) => await start(layers, ['--join', first.address])))]
    // the node in the middle may hear of the last one a moment later
    while (!await isServed(nodes[1]?.http ?? '')) await nextTurn()
  })

  after(async function () {
    this.timeout(60_000)
    await Promise.all(nodes.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  return {
    get http () { return nodes[1]?.http ?? '' },
    get nodes () { return nodes },
    freeSlots: async () => JSON.stringify(await Promise.all(nodes.map(async ({ http, peerId }) => {
      const view = await (await fetch(`${http}/api/swarm`)).json() as { nodes: Array<{ peerId: string, spans: Array<{ freeSlots: unknown }> }> }
      return view.nodes.find((node) => node.peerId === peerId)?.spans.map(({ freeSlots }) => freeSlots)
    })))
  }
}

export const PERU = { question: 'What is the capital of Peru?', answer: 'The capital of Peru is Lima.' }

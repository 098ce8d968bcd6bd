/** Several `shoal serve` processes of the embedded model on loopback, of which some die and come back. */
import { joinSwarm, type GenerateEvent, type SwarmClient } from '../../src/daemon/index.ts'
import { daemon, temporaryFolder, type Daemon } from './shoal.ts'

export interface Herd {
  readonly members: ReadonlyMap<string, Daemon>
  readonly client: SwarmClient
  readonly modelId: string
  spanOf (peerId: string): string
  /** Addresses of those that are alive. */
  addresses (): string[]
  /** Starts a process anew on the data folder of one that has ended, and waits until it serves. */
  restart (peerId: string): Promise<void>
  stop (): Promise<void>
}

/**
 * @param spans one process each, such as `0:3`
 * @param more arguments of each
 */
export async function startHerd (spans: readonly string[], more: readonly string[] = []): Promise<Herd> {
  const members = new Map<string, Daemon>()
  const spanOf = new Map<string, string>()
  const addresses = (): string[] => [...members.values()].filter(({ child }) => child.exitCode == null && child.signalCode == null).map(({ address }) => address)
  const start = async (span: string, home?: string): Promise<void> => {
    const node = await daemon(['--layers', span, '--threads', '1', ...more, ...addresses().slice(0, 2).flatMap((address) => ['--join', address])], home === undefined ? {} : { home })
    members.set(node.peerId, node)
    spanOf.set(node.peerId, span)
  }
  for (const span of spans) await start(span)
  const client = await joinSwarm({ data: await temporaryFolder(), join: addresses(), signal: new AbortController().signal, onNote () { /* nobody reads */ } })
  const { modelId } = await client.chooseModel('atlas')
  return {
    members,
    client,
    modelId,
    addresses,
    spanOf: (peerId) => spanOf.get(peerId) ?? '',
    restart: async (peerId) => {
      const before = members.get(peerId)
      if (before === undefined) throw new Error(`${peerId} is none of the herd`)
      members.delete(peerId)
      await start(spanOf.get(peerId) ?? '', before.home)
    },
    stop: async () => {
      await client.close()
      await Promise.all([...members.values()].map(async ({ kill }) => { await kill() }))
    }
  }
}

export interface Heard {
  readonly tokens: readonly number[]
  readonly route: readonly string[]
  readonly repairs: ReadonlyArray<Extract<GenerateEvent, { kind: 'repaired' }>>
}

/** Reads an answer to its end. */
export async function hear (events: AsyncIterable<GenerateEvent>, onEvent: (event: GenerateEvent, tokens: number) => void = () => undefined): Promise<Heard> {
  const repairs: Array<Extract<GenerateEvent, { kind: 'repaired' }>> = []
  let tokens = 0
  for await (const event of events) {
    if (event.kind === 'token') tokens++
    if (event.kind === 'repaired') repairs.push(event)
    onEvent(event, tokens)
    if (event.kind === 'done') return { tokens: event.tokens, route: event.route.map(({ peerId }) => peerId), repairs }
  }
  throw new Error('the answer ended without saying so')
}

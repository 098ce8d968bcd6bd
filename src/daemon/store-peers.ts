/** Peers that a command asks for what is damaged on the disk. */
import { modelStore, NoSourceError, type ModelStore } from '../store/index.ts'
import { JoinError } from '../client/index.ts'
import { GOODBYE_MS, joinAll, network } from './network.ts'
import { findDaemon } from './state-file.ts'
import { teardown } from './teardown.ts'
import { weights, type Weights } from './weights.ts'
import type { Part } from '../model/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface StorePeersInit {
  /** Nodes to ask, and through them others. @default the daemon of the data folder */
  readonly join: readonly string[]
  readonly psk?: string | undefined
  /** Bytes of what is being fetched. */
  onProgress (done: number, total: number): void
}

/** Nobody is called before something is asked for. */
export interface StorePeers {
  /** Why nobody could be asked. */
  readonly failure: string | undefined
  /** Whether it is here. */
  manifest (modelId: string, name: string, options: AbortOptions): Promise<boolean>
  /** Whether it is here whole. */
  part (modelId: string, part: Part, options: AbortOptions): Promise<boolean>
  close (): Promise<void>
}

/** A peer that has it answers at once. */
const PATIENCE_MS = 5_000

export function storePeers (folder: string, { join: targets, psk, onProgress }: StorePeersInit): StorePeers {
  const down = teardown(() => { /* a visitor that leaves owes nobody an account */ })
  let failure: string | undefined
  let connecting: Promise<Weights | undefined> | undefined

  async function connect ({ signal }: AbortOptions): Promise<Weights | undefined> {
    const daemon = targets.length > 0 ? undefined : await findDaemon(folder)
    const addresses = daemon?.addrs ?? targets
    if (addresses.length === 0) return undefined
    const { host, swarm } = await network({ data: folder, join: targets, psk: psk ?? daemon?.psk ?? undefined }, 'client')
    await host.start()
    down.add('host', async () => await host.stop())
    await swarm.start()
    down.add('swarm', async () => await swarm.stop(), GOODBYE_MS)
    try {
      await joinAll(host, addresses, signal == null ? {} : { signal })
    } catch (error) {
      if (!(error instanceof JoinError)) throw error
      failure = error.message
      return undefined
    }
    const store: ModelStore = await modelStore(folder)
    return weights({ host, swarm, store, isBusy: () => false, onFault () { /* another is asked */ }, onDamage () { /* known */ } }, { patienceMs: PATIENCE_MS })
  }

  /** Whether somebody could bring it. */
  async function bring (task: (from: Weights) => Promise<unknown>, options: AbortOptions): Promise<boolean> {
    const from = await (connecting ??= connect(options))
    if (from === undefined) return false
    try {
      await task(from)
      return true
    } catch (error) {
      if (error instanceof NoSourceError) return false
      throw error
    }
  }

  return {
    get failure () { return failure },
    manifest: async (modelId, name, options) => await bring(async (from) => await from.model(modelId, name, options), options),
    part: async (modelId, part, options) => await bring(async (from) => {
      await from.parts(modelId, [part], undefined, { ...options, onProgress ({ done, total }) { onProgress(done, total) } })
    }, options),
    close: async () => { await down.run() }
  }
}

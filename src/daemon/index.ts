/**
 * The composition root, and what commands do with a data folder. This door is light: what a command does not use (libp2p, the
 * engine, the formats) is loaded when a function that needs it is called.
 */
import { copyFile, link, mkdir, readdir } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { AskTracesOptions, StopOptions } from './command-daemon.ts'
import type { DaemonConfig } from './config.ts'
import type { NodeStatus, Overview } from './control/index.ts'
import type { Daemon } from './daemon.ts'
import type { DaemonHooks } from './hooks.ts'
import type { Trace } from './traces.ts'
import type { Finding } from './doctor.ts'
import type { KeyEntry } from './key-file.ts'
import type { NewKey } from './keys.ts'
import type { ImportOptions } from './models.ts'
import type { JoinSwarmInit, SwarmClient } from './swarm-client.ts'
import type { ModelView, NodeView, SwarmView } from './swarm-view.ts'
import type { VerifiedStore, VerifyStoreOptions } from './verify-store.ts'
import type { AbortOptions } from '@libp2p/interface'

export { dataFolder, version } from './folders.ts'
export { findDaemon, type DaemonState } from './state-file.ts'
export type { KeyEntry }
export type { GenerateEvent, GenerateRequest, HopTiming, RouteStage } from '../pipeline/index.ts'
export type { Overview, Trace }
export type { Daemon, DaemonConfig, DaemonHooks, SwarmClient }
export type { ModelView, NodeView, SwarmView }

/** See `daemon.ts`. */
export async function startDaemon (config: DaemonConfig, hooks: DaemonHooks): Promise<Daemon> {
  return await (await import('./daemon.ts')).startDaemon(config, hooks)
}

/** See `swarm-client.ts`. */
export async function joinSwarm (init: JoinSwarmInit): Promise<SwarmClient> {
  return await (await import('./swarm-client.ts')).joinSwarm(init)
}

/** See `command-daemon.ts`. */
export async function stopDaemon (folder: string, options: StopOptions): Promise<boolean> {
  return await (await import('./command-daemon.ts')).stopDaemon(folder, options)
}

/** See `command-daemon.ts`. */
export async function tellDaemon (folder: string, command: 'pause' | 'resume', options: AbortOptions): Promise<NodeStatus> {
  return await (await import('./command-daemon.ts')).tellDaemon(folder, command, options)
}

/** See `command-daemon.ts`. */
export async function askTraces (folder: string, options: AskTracesOptions): Promise<Trace[]> {
  return await (await import('./command-daemon.ts')).askTraces(folder, options)
}

/** See `command-daemon.ts`. */
export async function askOverview (folder: string, options: AbortOptions): Promise<Overview> {
  return await (await import('./command-daemon.ts')).askOverview(folder, options)
}

/** What a visitor sees, who knows nothing of any node's own work. */
export async function seenBy (self: string | undefined, view: SwarmView): Promise<Overview> {
  return (await import('./overview.ts')).seen(self, view)
}

/** Brings a model into the data folder's store. */
export async function importInto (folder: string, source: string, options: ImportOptions): Promise<{ name: string, modelId: string, remarks: readonly string[] }> {
  return await (await import('./models.ts')).importInto(folder, source, options)
}

/** Brings the embedded model into the data folder's store. */
export async function importEmbedded (folder: string, options: AbortOptions): Promise<{ modelId: string, layerCount: number }> {
  const { EMBEDDED_MODEL, importInto: run } = await import('./models.ts')
  const { embeddedModelFolder } = await import('./folders.ts')
  const { modelId, manifest } = await run(folder, embeddedModelFolder(), { name: EMBEDDED_MODEL, ...(options.signal == null ? {} : { signal: options.signal }) })
  return { modelId, layerCount: manifest.config.layerCount }
}

/** Gives another data folder the models of `from`: blobs are shared on disk where it can. */
export async function copyModel (from: string, to: string): Promise<void> {
  await mkdir(join(to, 'blobs'), { recursive: true })
  const files = [...(await readdir(join(from, 'blobs'))).map((name) => join('blobs', name)), 'models.json']
  await Promise.all(files.map(async (file) => {
    await link(join(from, file), join(to, file)).catch(async () => { await copyFile(join(from, file), join(to, file)) })
  }))
}

export interface LocalModel {
  readonly name: string
  readonly modelId: string
  /** On this machine's disk. */
  readonly bytes: number
  /** Of all its blobs, here or not. */
  readonly totalBytes: number
  readonly complete: boolean
  /** Layers whose weights are here. */
  readonly layersHere: number
  readonly layerCount: number
  readonly quantization: string
}

export async function listModels (folder: string): Promise<LocalModel[]> {
  const { modelStore } = await import('../store/index.ts')
  const store = await modelStore(folder)
  return (await store.list()).map(({ name, modelId, bytes, complete, layersHere, manifest }) =>
    ({
      name,
      modelId,
      bytes,
      totalBytes: [manifest.tokenizer, manifest.embedding, ...manifest.layers, manifest.head].reduce((sum, { size }) => sum + size, 0),
      complete,
      layersHere,
      layerCount: manifest.layers.length,
      quantization: manifest.quantization
    }))
}

/** Bytes that removing it freed. @throws {UnknownModelError} */
export async function removeModel (folder: string, model: string): Promise<number> {
  const { modelStore } = await import('../store/index.ts')
  return await (await modelStore(folder)).remove(model)
}

/** See `verify-store.ts`. */
export async function verifyStore (folder: string, options: VerifyStoreOptions): Promise<VerifiedStore> {
  return await (await import('./verify-store.ts')).verifyStore(folder, options)
}

/** What a node would take here without `--memory`. */
export const freeMemoryBytes = (): number => Math.floor(freemem() * 0.7)

/** One string for another machine's `--join`. @throws {NoDaemonError} */
export async function makeInvite (folder: string, { withKey }: { readonly withKey: boolean }): Promise<{ invite: string, addresses: readonly string[] }> {
  const { requireDaemon } = await import('./state-file.ts')
  const { addrs, psk } = await requireDaemon(folder)
  const { encodeInvite, loadPsk } = await import('../p2p/index.ts')
  if (withKey && psk == null) {
    const { ConfigError } = await import('./errors.ts')
    throw new ConfigError('the node on this machine is in no private swarm: leave --with-key out, or start it with --psk FILE')
  }
  const invite = encodeInvite({ addresses: addrs, ...(withKey && psk != null ? { psk: await loadPsk(psk) } : {}) })
  return { invite, addresses: addrs }
}

/** See `keys.ts`. */
export async function addKey (folder: string, key: NewKey): Promise<{ readonly key: string, readonly entry: KeyEntry }> {
  return await (await import('./keys.ts')).addKey(folder, key)
}

/** See `keys.ts`. */
export async function listKeys (folder: string): Promise<readonly KeyEntry[]> {
  return (await import('./keys.ts')).listKeys(folder)
}

/** See `keys.ts`. */
export async function revokeKey (folder: string, which: string): Promise<KeyEntry> {
  return await (await import('./keys.ts')).revokeKey(folder, which)
}

/** See `doctor.ts`. */
export async function * diagnose (folder: string, options: AbortOptions): AsyncGenerator<Finding> {
  yield * (await import('./doctor.ts')).diagnose(folder, options)
}

import { statfs } from 'node:fs/promises'
import type { LogLevel } from './log.ts'
import type { DeviceName } from '../engine/index.ts'
import type { Compute, KvType, Span } from '../model/index.ts'

/** Everything that `shoal serve` was told, parsed. */
export interface DaemonConfig {
  /** The data folder. */
  readonly data: string
  /** A name, id or path. @default the embedded model */
  readonly model?: string | undefined
  /** @default chosen by the node */
  readonly span?: Span | undefined
  /** Multiaddrs, `/dnsaddr`s and invites. */
  readonly join: readonly string[]
  /** Multiaddrs. @default the host's */
  readonly listen?: readonly string[] | undefined
  readonly announce: readonly string[]
  /** `given`: said by the user, so that a taken port is an error. */
  readonly http: { readonly host: string, readonly port: number, readonly given: boolean } | 'off'
  /** Of web pages that may use the gateway; `*`: all. @default those of this machine */
  readonly httpOrigins?: readonly string[]
  readonly device: DeviceName
  readonly compute: Compute
  /** What keys and values are kept in. @default what pays on the device */
  readonly kvType?: KvType | undefined
  readonly threads?: number | undefined
  /** For weights and KV, of what is free on the device. @default 70 % */
  readonly memory?: { readonly bytes: number } | { readonly share: number } | undefined
  readonly contextLength?: number | undefined
  readonly slots?: number | undefined
  readonly name?: string | undefined
  /** Look for nodes on the local network. */
  readonly lan: boolean
  /** Key file of a private swarm. */
  readonly psk?: string | undefined
  /** Believes the first node that says which model a name at the hub is. */
  readonly trust: boolean
  /** Gives away the blobs of the model, and serves no layers. */
  readonly shareOnly: boolean
  /** Of all blobs on the disk. @default what the disk has */
  readonly disk?: { readonly bytes: number } | { readonly share: number } | undefined
  /** Bytes of blobs a second that may be given away. @default no limit */
  readonly uploadBytesPerSecond?: number | undefined
  /** What prompts left serves every coordinator. */
  readonly sharePrefixes: boolean
  readonly drainTimeoutMs: number
  /** Who may connect, who comes first, and what the others may take up. @default everybody, nobody, the bounds of each protocol */
  readonly peers?: {
    readonly allow?: readonly string[] | undefined
    readonly deny?: readonly string[] | undefined
    readonly prefer?: readonly string[] | undefined
    /** Sessions of one peer at once, and as many answers. */
    readonly sessions?: number | undefined
    readonly tokensPerMinute?: number | undefined
    readonly links?: number | undefined
    readonly bytesPerSecond?: number | undefined
  } | undefined
  /** Key of the gateway, beside those of the data folder. */
  readonly apiKey?: string | undefined
  /** PEM files of the gateway's certificate and its key. @default plain HTTP */
  readonly tls?: { readonly certFile: string, readonly keyFile: string } | undefined
  /** Addresses and networks of proxies in front of the gateway. @default none */
  readonly trustedProxies?: readonly string[]
  readonly verbose: boolean
  /** @default `info`, or `debug` with `verbose` */
  readonly logLevel?: LogLevel | undefined
}

const DEFAULT_SHARE = 0.7

/** Bytes of blobs, as told; undefined: what the disk has. */
export async function diskLimit ({ data, disk }: Pick<DaemonConfig, 'data' | 'disk'>): Promise<number | undefined> {
  if (disk === undefined || 'bytes' in disk) return disk?.bytes
  const { blocks, bsize } = await statfs(data)
  return Math.floor(blocks * bsize * disk.share)
}

/** Bytes for weights and KV. */
export function memoryBudget ({ memory }: Pick<DaemonConfig, 'memory'>, freeBytes: number): number {
  if (memory != null && 'bytes' in memory) return memory.bytes
  return Math.floor(freeBytes * (memory?.share ?? DEFAULT_SHARE))
}

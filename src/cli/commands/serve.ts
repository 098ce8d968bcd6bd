import { Option, type Command } from 'commander'
import { action, command, type CommonOptions, type Context } from '../command.ts'
import { exitCodes, UsageError } from '../errors.ts'
import { serving } from '../serving.ts'
import * as parse from '../parsers.ts'
import type { DaemonConfig } from '../../daemon/index.ts'

export interface ServeOptions extends CommonOptions {
  readonly layers?: { start: number, end: number }
  readonly join?: string[]
  readonly listen?: string[]
  readonly announce?: string[]
  readonly http: parse.HttpAddress | 'off'
  readonly httpOrigin?: string[]
  readonly httpCert?: string
  readonly httpKey?: string
  readonly trustedProxy?: string[]
  readonly device: DaemonConfig['device']
  readonly compute: DaemonConfig['compute']
  readonly kv?: DaemonConfig['kvType']
  readonly threads?: number
  readonly memory?: parse.Size
  readonly context?: number
  readonly slots?: number
  readonly disk?: parse.Size
  readonly name?: string
  readonly lan: boolean
  readonly psk?: string
  readonly allow?: string[]
  readonly deny?: string[]
  readonly prefer?: string[]
  readonly peerSessions?: number
  readonly peerTokens?: number
  readonly peerStreams?: number
  readonly peerBytes?: number
  readonly trust?: boolean
  readonly shareOnly?: boolean
  readonly upload?: number
  readonly sharePrefixes?: boolean
  readonly drainTimeout: number
  readonly logLevel?: NonNullable<DaemonConfig['logLevel']>
}

export function serveCommand (): Command {
  return action<ServeOptions>(command('serve', 'run a node that serves layers of a model')
    .argument('[model]', 'name, id, name on the hub, folder or .gguf file (default: the embedded model atlas); what is not on this machine comes from peers')
    .option('--layers <A:B>', 'serve layers A to B - 1 (default: those the swarm lacks most)', parse.span)
    .option('--join <addr>', 'address or invite of a node to join; may be repeated', parse.list)
    .option('--listen <multiaddr>', 'address to listen on; may be repeated', parse.list)
    .option('--announce <multiaddr>', 'address to tell others; may be repeated', parse.list)
    .option('--http <host:port>', 'where the HTTP gateway listens, or off', parse.http, { host: '127.0.0.1', port: 8484 })
    .option('--http-origin <origin>', 'web page that may use the gateway from a browser, such as https://chat.example, or * for all; may be repeated (default: pages of this machine)', parse.origin)
    .option('--http-cert <file>', 'PEM certificate of the gateway, which then speaks HTTPS; read anew when it changes')
    .option('--http-key <file>', 'PEM key of that certificate')
    .option('--trusted-proxy <addr>', 'address or network (10.0.0.0/8) of a proxy in front of the gateway, whose word counts on who asks; may be repeated', parse.network)
    .option('--device <name>', 'auto, cpu, cuda[:N] or webgpu', parse.device, 'auto')
    .addOption(new Option('--compute <kind>', 'fast, or exact: float32 activations').choices(['fast', 'exact']).default('fast'))
    .addOption(new Option('--kv <type>', 'what keys and values are kept in (default: f16 in fast on a GPU that takes it, else f32)').choices(['f16', 'f32']))
    .option('--threads <n>', 'threads of one operator (default: physical cores)', parse.integer(1, 1024))
    .option('--memory <size>', 'for weights and KV, such as 8GB or 50% (default: 70% of what is free)', parse.size)
    .option('--context <n>', 'positions of one session (default: the model\'s)', parse.integer(1))
    .option('--slots <n>', 'sessions at once (default: 8)', parse.integer(1, 4096))
    .option('--name <name>', 'what others see (default: the end of the peer id)')
    .option('--no-lan', 'do not look for nodes on the local network')
    .option('--disk <size>', 'of weights on the disk, such as 50GB or 30%; those that are not served go first (default: what the disk has)', parse.size)
    .option('--share-only', 'give the model\'s weights to others, and serve no layers')
    .option('--trust', 'believe the first node that says which model a name at the hub is (default: this machine\'s own import, or three nodes on different networks that say the same)')
    .option('--upload <size>', 'of weights, to all peers together, in a second, such as 5MB (default: no limit)', parse.byteSize)
    .option('--share-prefixes', 'let this node and the peers of --prefer reuse what equal beginnings of one another\'s prompts left: quicker, and they can tell by the time that somebody asked so')
    .option('--allow <peer>', 'peer id that may connect; no other may then, but for programs of this machine; may be repeated', parse.peer)
    .option('--deny <peer>', 'peer id that may not connect; may be repeated', parse.peer)
    .option('--prefer <peer>', 'peer id that comes first, as this node itself does, where slots are short, and that has no quotas; may be repeated', parse.peer)
    .option('--peer-sessions <n>', 'sessions of one peer at once (default: 128 of a coordinator, 16 answers of a client)', parse.integer(1, 4096))
    .option('--peer-tokens <n>', 'tokens a minute that are computed for one peer (default: no limit)', parse.integer(1, 1e9))
    .option('--peer-streams <n>', 'streams that one peer may have open, of all protocols of Shoal (default: each protocol\'s own bound)', parse.integer(1, 4096))
    .option('--peer-bytes <size>', 'that one peer may send and be sent in a second, such as 5MB (default: no limit)', parse.byteSize)
    .option('--psk <file>', 'key of a private swarm')
    .addOption(new Option('--log-level <level>', 'how much is logged (default: info, or debug with --verbose)').choices(['trace', 'debug', 'info', 'warn', 'error', 'silent']))
    .option('--drain-timeout <s>', 'seconds that answers at work may take when the node stops', parse.decimal(0, 86_400), 30), serve)
}

/** @throws {UsageError} one without the other */
function tls ({ httpCert, httpKey }: ServeOptions): DaemonConfig['tls'] {
  if (httpCert == null && httpKey == null) return undefined
  if (httpCert == null || httpKey == null) throw new UsageError('--http-cert and --http-key belong together: give both')
  return { certFile: httpCert, keyFile: httpKey }
}

async function serve (context: Context, options: ServeOptions, [model]: readonly string[]): Promise<void> {
  const { startDaemon } = await import('../../daemon/index.ts')
  const config: DaemonConfig = {
    data: context.data,
    model,
    span: options.layers,
    join: options.join ?? [],
    listen: options.listen,
    announce: options.announce ?? [],
    http: options.http === 'off' ? 'off' : { ...options.http, given: context.given('http') },
    httpOrigins: options.httpOrigin ?? [],
    tls: tls(options),
    trustedProxies: options.trustedProxy ?? [],
    device: options.device,
    compute: options.compute,
    kvType: options.kv,
    threads: options.threads,
    memory: options.memory,
    contextLength: options.context,
    slots: options.slots,
    name: options.name,
    lan: options.lan,
    psk: options.psk,
    peers: {
      allow: options.allow,
      deny: options.deny,
      prefer: options.prefer,
      sessions: options.peerSessions,
      tokensPerMinute: options.peerTokens,
      links: options.peerStreams,
      bytesPerSecond: options.peerBytes
    },
    trust: options.trust === true,
    shareOnly: options.shareOnly === true,
    disk: options.disk,
    uploadBytesPerSecond: options.upload,
    sharePrefixes: options.sharePrefixes === true,
    drainTimeoutMs: options.drainTimeout * 1000,
    apiKey: process.env.SHOAL_API_KEY,
    verbose: context.verbose,
    logLevel: options.logLevel
  }
  await serving(context, async (hooks) => await startDaemon(config, hooks))
  process.exitCode = exitCodes.done
}

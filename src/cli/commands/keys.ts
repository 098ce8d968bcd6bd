import { Argument, type Command } from 'commander'
import { action, command, type CommonOptions, type Context } from '../command.ts'
import { UsageError } from '../errors.ts'
import { table } from '../format.ts'
import * as parse from '../parsers.ts'
import type { KeyEntry } from '../../daemon/index.ts'

interface KeysOptions extends CommonOptions {
  readonly name?: string
  readonly rate?: number
  readonly tokensPerMinute?: number
  readonly concurrent?: number
  readonly models?: string[]
  readonly priority?: boolean
}

const LIMITS = ['name', 'rate', 'tokensPerMinute', 'concurrent', 'models', 'priority'] as const
const count = parse.integer(1, 1e9)

export function keysCommand (): Command {
  const target = command('keys', 'make, list and revoke keys of the HTTP gateway; a running node sees it at once')
    .addArgument(new Argument('<action>').choices(['add', 'list', 'revoke']))
    .argument('[key]', 'with revoke: the name or id of the key')
    .option('--name <name>', 'with add: what the key is called (default: its id)')
    .option('--rate <n>', 'with add: requests a minute (default: no limit)', count)
    .option('--tokens-per-minute <n>', 'with add: tokens of prompts and answers a minute (default: no limit)', count)
    .option('--concurrent <n>', 'with add: requests at once (default: no limit)', count)
    .option('--models <names>', 'with add: names or ids of the models it may use, with commas between them (default: all)', parse.names)
    .option('--priority', 'with add: goes before other keys where places are short')
  // the configuration file's "name" is the node's
  const given = (options: KeysOptions): KeysOptions => Object.fromEntries(Object.entries(options).filter(([option]) => target.getOptionValueSource(option) === 'cli'))
  return action<KeysOptions>(target, async (context, options, args) => { await keys(context, given(options), args) })
}

async function keys (context: Context, options: KeysOptions, [what, which]: readonly string[]): Promise<void> {
  const limit = LIMITS.find((each) => options[each] !== undefined)
  if (what !== 'add' && limit != null) throw new UsageError(`--${limit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for shoal keys add`)
  if (what === 'revoke' && which == null) throw new UsageError('say which key: shoal keys revoke NAME; shoal keys list shows them')
  if (what !== 'revoke' && which != null) throw new UsageError(what === 'add' ? `too many arguments: shoal keys add --name ${which}` : 'too many arguments: shoal keys list takes none')
  if (what === 'add') await add(context, options)
  else if (what === 'revoke') await revoke(context, which ?? '')
  else await list(context)
}

/** An entry as scripts see it. */
const shown = ({ sha256: _, ...entry }: KeyEntry): object => entry

async function add ({ out, data }: Context, { name, rate, tokensPerMinute, concurrent, models, priority }: KeysOptions): Promise<void> {
  const { addKey } = await import('../../daemon/index.ts')
  const { key, entry } = await addKey(data, { name, requestsPerMinute: rate, tokensPerMinute, concurrent, models, priority })
  out.event({ event: 'added', key, ...shown(entry) })
  out.line(key)
  out.note(`this is the only time that the key of ${entry.name} is shown: only its hash is kept`)
}

async function list ({ out, data }: Context): Promise<void> {
  const { listKeys } = await import('../../daemon/index.ts')
  const entries = await listKeys(data)
  for (const entry of entries) out.event(shown(entry))
  if (out.json) return
  const orAll = (limit: number | undefined): string => (limit == null ? '-' : String(limit))
  out.line(entries.length === 0
    ? 'no keys yet; shoal keys add makes one'
    : table([['NAME', 'ID', 'MADE', 'REQUESTS/MIN', 'TOKENS/MIN', 'AT ONCE', 'MODELS', 'PRIORITY'], ...entries.map(({ name, id, createdAt, requestsPerMinute, tokensPerMinute, concurrent, models, priority }) =>
        [name, id, createdAt.slice(0, 10), orAll(requestsPerMinute), orAll(tokensPerMinute), orAll(concurrent), models?.join(',') ?? 'all', priority === true ? 'yes' : '-'])]))
}

async function revoke ({ out, data }: Context, which: string): Promise<void> {
  const { revokeKey } = await import('../../daemon/index.ts')
  const entry = await revokeKey(data, which)
  out.event({ event: 'revoked', id: entry.id, name: entry.name })
  out.line(`revoked ${entry.name}`)
}

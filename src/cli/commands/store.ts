import { Argument, type Command } from 'commander'
import { action, command, type CommonOptions, type Context } from '../command.ts'
import { exitCodes } from '../errors.ts'
import { bytes } from '../format.ts'
import { joinOptions } from '../generate-options.ts'
import type { JoinOptions } from '../connect.ts'

type StoreOptions = CommonOptions & JoinOptions & { readonly removeOrphans?: boolean }

export function storeCommand (): Command {
  return action<StoreOptions>(joinOptions(command('store', 'hash the weights on this machine\'s disk anew; what is damaged is brought from peers')
    .addArgument(new Argument('<action>', 'verify').choices(['verify'])))
    .option('--remove-orphans', 'remove files among the weights that belong to no model'), verify)
}

async function verify ({ data, out, signal }: Context, options: StoreOptions): Promise<void> {
  const { verifyStore } = await import('../../daemon/index.ts')
  const bars = new Map<string, ReturnType<typeof out.progress>>()
  const { models, blobs, bytes: checked, damaged, orphans, failure } = await verifyStore(data, {
    join: options.join ?? [],
    psk: options.psk,
    removeOrphans: options.removeOrphans === true,
    signal,
    onProgress (stage, done, total) {
      const bar = bars.get(stage) ?? out.progress(stage, 'bytes')
      bars.set(stage, bar)
      bar.update(done, total)
    }
  }).finally(() => { bars.forEach((bar) => { bar.stop() }) })
  const left = damaged.filter(({ repaired }) => !repaired)
  out.event({ event: 'verified', models, blobs, bytes: checked, damaged, repaired: damaged.length - left.length, orphans })
  if (models.length === 0) out.line('no models on this machine yet: nothing to check')
  for (const { model, blobs: count, bytes: size, damaged: wrong } of models) {
    out.line(`${model}: ${count} blobs, ${bytes(size)}, ${wrong === 0 ? 'all as they were written' : `${wrong} damaged`}`)
  }
  for (const { model, part, cid, reason, repaired } of damaged) out.line(`${model}, ${part}: ${reason} (${cid})${repaired ? '; made good' : ''}`)
  if (orphans.files > 0) out.line(`${orphans.files} files of no model, ${bytes(orphans.bytes)}${orphans.removed ? ': removed' : '; --remove-orphans removes them'}`)
  if (damaged.some(({ inUse }) => inUse)) out.note('the node that runs here computes with what was damaged: restart it (`shoal stop`, then `shoal serve`)')
  if (failure !== undefined) out.note(failure)
  if (left.length === 0) return
  out.note('what is damaged is out of use: `shoal serve` fetches it from the swarm, `shoal store verify --join INVITE` from there, and importing the model again makes it anew')
  process.exitCode = exitCodes.failed
}

import { action, command, type CommonOptions } from '../command.ts'
import * as parse from '../parsers.ts'
import type { Command } from 'commander'

export function stopCommand (): Command {
  return action<CommonOptions & { readonly drainTimeout?: number }>(
    command('stop', 'stop the node on this machine when the answers it works on are done or handed over')
      .option('--drain-timeout <s>', 'seconds that those may take (default: the node\'s own)', parse.decimal(0, 86_400)),
    async ({ data, out, signal }, { drainTimeout }) => {
      const { stopDaemon } = await import('../../daemon/index.ts')
      const bar = out.progress('waiting for answers')
      const drained = await stopDaemon(data, {
        drainTimeoutMs: drainTimeout == null ? undefined : drainTimeout * 1000,
        signal,
        onProgress: (done, total) => { bar.update(done, total) }
      }).finally(() => { bar.stop() })
      out.event({ event: 'stopped', drained })
      out.line(drained ? 'stopped' : 'stopped; some answers had to be ended before they were done')
    })
}

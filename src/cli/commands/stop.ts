import { action, command, type CommonOptions } from '../command.ts'
import * as parse from '../parsers.ts'
import type { Command } from 'commander'

export function stopCommand (): Command {
  return action<CommonOptions & { readonly drainTimeout: number }>(
    command('stop', 'stop the node on this machine when the answers it works on are done')
      .option('--drain-timeout <s>', 'seconds to wait before it is ended', parse.decimal(0, 86_400), 45),
    async ({ data, out, signal }, { drainTimeout }) => {
      const { stopDaemon } = await import('../../daemon/index.ts')
      const drained = await stopDaemon(data, { timeoutMs: drainTimeout * 1000, signal })
      out.event({ event: 'stopped', drained })
      out.line(drained ? 'stopped' : 'stopped; it had to be ended before it was done')
    })
}

import { action, command } from '../command.ts'
import type { Command } from 'commander'

export function resumeCommand (): Command {
  return action(
    command('resume', 'serve layers again after `shoal pause`'),
    async ({ data, out, signal }) => {
      const { tellDaemon } = await import('../../daemon/index.ts')
      const { changed } = await tellDaemon(data, 'resume', { signal })
      out.event({ event: 'resumed', changed })
      out.line(changed ? 'serving again' : 'serving already')
    })
}

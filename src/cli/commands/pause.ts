import { action, command } from '../command.ts'
import type { Command } from 'commander'

export function pauseCommand (): Command {
  return action(
    command('pause', 'serve no layers until `shoal resume`: answers at work are handed over, your own questions go to other nodes'),
    async ({ data, out, signal }) => {
      const { tellDaemon } = await import('../../daemon/index.ts')
      const { changed, left } = await tellDaemon(data, 'pause', { signal })
      out.event({ event: 'paused', changed, left })
      out.line(`paused${changed ? '' : ' already'}${left === 0 ? '' : `; ${left} ${left === 1 ? 'answer is' : 'answers are'} being handed over or finished`}`)
    })
}

import { action, command, type CommonOptions } from '../command.ts'
import type { Command } from 'commander'

export function inviteCommand (): Command {
  return action<CommonOptions & { readonly withKey?: boolean }>(
    command('invite', 'print one string for another machine\'s --join').option('--with-key', 'put the private swarm\'s key into it'),
    async ({ data, out }, { withKey }) => {
      const { makeInvite } = await import('../../daemon/index.ts')
      const { invite, addresses } = await makeInvite(data, { withKey: withKey === true })
      out.event({ invite, addrs: addresses })
      out.line(invite)
    })
}

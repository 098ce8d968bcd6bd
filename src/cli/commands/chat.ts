import { action, command, type CommonOptions } from '../command.ts'
import { conversation } from '../conversation.ts'
import { generateOptions, type GenerateOptions } from '../generate-options.ts'
import { withSwarm, type JoinOptions } from '../connect.ts'
import type { Command } from 'commander'

type ChatOptions = CommonOptions & JoinOptions & GenerateOptions

export function chatCommand (): Command {
  return action<ChatOptions>(
    generateOptions(command('chat', 'talk; this process holds no layers')),
    async (context, options) => await withSwarm(context, options, async (swarm) => await conversation(context, swarm, options)))
}

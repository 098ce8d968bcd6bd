import { action, command, type CommonOptions, type Context } from '../command.ts'
import { UsageError } from '../errors.ts'
import * as parse from '../parsers.ts'
import type { Command } from 'commander'

type DemoOptions = CommonOptions & { readonly nodes: number, readonly prompt?: string, readonly kill?: boolean }

export function demoCommand (): Command {
  return action<DemoOptions>(command('demo', 'start a few nodes on this machine and ask them a question')
    .option('--nodes <n>', 'how many', parse.integer(1, 8), 3)
    .option('--prompt <text>', 'the question (default: What is the capital of Peru?)')
    .option('--kill', 'start a spare, and kill a node in the middle of the answer'), demo)
}

async function demo (context: Context, { nodes, prompt, kill = false }: DemoOptions): Promise<void> {
  if (kill && nodes === 1) throw new UsageError('--kill needs a node that others can do without: --nodes 2 or more')
  const { runDemo } = await import('../demo.ts')
  await runDemo(context, { nodes, prompt: prompt ?? (kill ? 'Which countries border Germany?' : 'What is the capital of Peru?'), kill })
}

import { action, command, type CommonOptions, type Context } from '../command.ts'
import { notYet } from '../later.ts'
import * as parse from '../parsers.ts'
import type { Command } from 'commander'

type DemoOptions = CommonOptions & { readonly nodes: number, readonly prompt: string, readonly kill?: boolean }

export function demoCommand (): Command {
  return action<DemoOptions>(command('demo', 'start a few nodes on this machine and ask them a question')
    .option('--nodes <n>', 'how many', parse.integer(1, 8), 3)
    .option('--prompt <text>', 'the question', 'What is the capital of Peru?')
    .option('--kill', 'kill a node during the answer'), demo)
}

async function demo (context: Context, { nodes, prompt, kill }: DemoOptions): Promise<void> {
  if (kill === true) throw notYet('demo --kill', 'answers do not survive the death of a node so far')
  const { runDemo } = await import('../demo.ts')
  await runDemo(context, { nodes, prompt })
}

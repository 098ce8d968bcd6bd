import { action, command, type CommonOptions, type Context } from '../command.ts'
import { generateOptions, requestOf, type GenerateOptions } from '../generate-options.ts'
import { InterruptedError, UsageError } from '../errors.ts'
import { readAll } from '../input.ts'
import { showAnswer } from '../answer.ts'
import { withSwarm, type JoinOptions } from '../connect.ts'
import type { Command } from 'commander'

type AskOptions = CommonOptions & JoinOptions & GenerateOptions & { readonly raw?: boolean, readonly explain?: boolean }

export function askCommand (): Command {
  return action<AskOptions>(generateOptions(command('ask', 'ask one question; this process holds no layers')
    .argument('<prompt>', 'the question; - reads it from standard input')
    .option('--raw', 'no chat template: the text as it is, special tokens in it count as such')
    .option('--explain', 'say where the time went, by stage (on standard error; with --json in the last event)')), ask)
}

async function ask (context: Context, options: AskOptions, [argument = '']: readonly string[]): Promise<void> {
  const { out, signal } = context
  if (options.raw === true && options.system != null) throw new UsageError('--system needs the chat template, --raw is without one; put the text into the prompt')
  const prompt = argument === '-' ? await readAll(process.stdin, signal) : argument
  if (prompt === '') throw new UsageError('the prompt is empty')
  await withSwarm(context, options, async (swarm) => {
    const { modelId } = await swarm.chooseModel(options.model)
    const messages = [...(options.system == null ? [] : [{ role: 'system', content: options.system }]), { role: 'user', content: prompt }]
    const request = requestOf(options, modelId, options.raw === true ? { kind: 'text', text: prompt, special: true } : { kind: 'chat', messages })
    const done = await showAnswer(out, swarm.generate(request, { signal }), signal, { explains: options.explain === true })
    if (done.finishReason === 'cancelled') throw new InterruptedError()
  })
}

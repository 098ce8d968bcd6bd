/** A conversation on standard input: one line a turn, and a few commands. */
import { createInterface } from 'node:readline'
import { showAnswer } from './answer.ts'
import { describeError, InterruptedError } from './errors.ts'
import { requestOf, type GenerateOptions } from './generate-options.ts'
import type { Context } from './command.ts'
import type { SwarmClient } from '../daemon/index.ts'

interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

const HELP = `/reset          forget the conversation
/system TEXT    set the system's turn and forget the rest
/model NAME     ask another model
/exit           leave (also Ctrl-D; Ctrl-C stops an answer, twice leaves)`

/** Until /exit, the end of the input, or the second Ctrl-C. */
export async function conversation (context: Context, swarm: SwarmClient, options: GenerateOptions): Promise<void> {
  const { out, signal } = context
  let model = await swarm.chooseModel(options.model)
  let system = options.system
  let turns: Turn[] = []
  const reset = (): void => { turns = system == null ? [] : [{ role: 'system', content: system }] }
  reset()

  const commands: Record<string, (rest: string) => Promise<boolean> | boolean> = {
    help: () => { out.note(HELP); return true },
    reset: () => { reset(); return true },
    system: (rest) => { system = rest === '' ? undefined : rest; reset(); return true },
    model: async (rest) => { model = await swarm.chooseModel(rest === '' ? undefined : rest); out.note(model.model); return true },
    exit: () => false
  }

  const terminal = process.stdin.isTTY && out.terminal
  const lines = createInterface({ input: process.stdin, ...(terminal ? { output: process.stdout } : {}), prompt: '> ', terminal })
  let answering: AbortController | undefined
  // The first Ctrl-C stops an answer; on an empty line, or a second time, it leaves.
  const interrupt = (): void => {
    if (answering != null && !answering.signal.aborted) answering.abort(new InterruptedError())
    else lines.close()
  }
  lines.on('SIGINT', interrupt)
  signal.addEventListener('abort', interrupt, { once: true })

  const answer = async (line: string): Promise<void> => {
    turns.push({ role: 'user', content: line })
    answering = new AbortController()
    try {
      const done = await showAnswer(out, swarm.generate(requestOf(options, model.modelId, { kind: 'chat', messages: turns }), { signal: answering.signal }), answering.signal)
      turns.push({ role: 'assistant', content: done.text })
    } catch (error) {
      turns.pop()
      if (!(error instanceof InterruptedError) && !answering.signal.aborted) process.stderr.write(`${describeError(error, context.verbose)}\n`)
    } finally {
      answering = undefined
    }
  }

  if (terminal) out.note(`talking to ${model.model}; /help says what else there is`)
  const ask = (): void => { if (terminal) lines.prompt() }
  ask()
  for await (const line of lines) {
    const [, name, rest = ''] = /^\/(\w+)\s*(.*)$/.exec(line.trim()) ?? []
    const run = name == null ? undefined : commands[name]
    try {
      if (run != null) {
        if (!await run(rest)) break
      } else if (name != null) {
        out.note(`there is no /${name}; /help says what there is`)
      } else if (line.trim() !== '') {
        await answer(line)
      }
    } catch (error) {
      process.stderr.write(`${describeError(error, context.verbose)}\n`)
    }
    if (signal.aborted) break
    ask()
  }
  lines.close()
}

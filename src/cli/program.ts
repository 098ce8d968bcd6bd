import { Command, CommanderError } from 'commander'
import { repeatLists } from './arguments.ts'
import { askCommand } from './commands/ask.ts'
import { chatCommand } from './commands/chat.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { importCommand } from './commands/import.ts'
import { inviteCommand } from './commands/invite.ts'
import { keysCommand } from './commands/keys.ts'
import { modelsCommand } from './commands/models.ts'
import { pauseCommand } from './commands/pause.ts'
import { resumeCommand } from './commands/resume.ts'
import { rmCommand } from './commands/rm.ts'
import { serveCommand } from './commands/serve.ts'
import { statusCommand } from './commands/status.ts'
import { traceCommand } from './commands/trace.ts'
import { stopCommand } from './commands/stop.ts'
import { storeCommand } from './commands/store.ts'
import { describeError, exitCode } from './errors.ts'

/** The whole command line. What a command needs beyond its options is imported when it runs. */
export function program (version: string): Command {
  const root = new Command('shoal')
    .description('Runs large language models on many people\'s machines: every node holds a few layers.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
  for (const each of [
    serveCommand(), askCommand(), chatCommand(), importCommand(), modelsCommand(), rmCommand(), storeCommand(),
    statusCommand(), traceCommand(), inviteCommand(), stopCommand(), pauseCommand(), resumeCommand(), demoCommand(), doctorCommand(),
    keysCommand()
  ]) {
    root.addCommand(each)
  }
  for (const each of [root, ...root.commands]) {
    each.exitOverride().configureOutput({
      outputError: (text, write) => write(`${text.replace(/^error: /, 'shoal: ').trim().replace(/\s*\n\s*/g, ' ')}\n`)
    })
  }
  return root
}

/** Runs one command line and sets the process's exit code. */
export async function run (version: string, args: readonly string[]): Promise<void> {
  const root = program(version)
  if (args.length === 0) {
    root.outputHelp()
    return
  }
  try {
    await root.parseAsync(repeatLists(args), { from: 'user' })
  } catch (error) {
    // Commander has printed its own.
    if (!(error instanceof CommanderError)) process.stderr.write(`${describeError(error, false)}\n`)
    process.exitCode = exitCode(error)
  }
}

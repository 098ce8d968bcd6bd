/**
 * What all commands share: the common options, the context that an action gets, and the way from an error to an exit code.
 */
import { Command } from 'commander'
import { applyConfigFile } from './config-file.ts'
import { describeError, exitCode, InterruptedError } from './errors.ts'
import { output, type Output } from './output.ts'

export interface Context {
  /** The data folder. */
  readonly data: string
  readonly verbose: boolean
  readonly out: Output
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** The names of the options that were given, on the command line or in the file. */
  given (option: string): boolean
}

export interface CommonOptions {
  readonly data?: string
  readonly config?: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** A command with the options that every command has. */
export function command (name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('--data <dir>', 'folder of key, blobs and configuration (default: $SHOAL_HOME, else the platform\'s data folder)')
    .option('--config <file>', 'JSON file with a key for every option (default: config.json in the data folder)')
    .option('--json', 'print JSON, one object a line')
    .option('--verbose', 'say more: log details, and the causes of an error')
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
}

/** Aborts on the first Ctrl-C (or SIGTERM); the second leaves at once. */
export function interruptSignal (): { signal: AbortSignal, dispose: () => void } {
  const controller = new AbortController()
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(exitCode(new InterruptedError()))
    controller.abort(new InterruptedError())
  }
  process.on('SIGINT', listener).on('SIGTERM', listener)
  return {
    signal: controller.signal,
    dispose: () => { process.off('SIGINT', listener).off('SIGTERM', listener) }
  }
}

const optionNames = (program: Command): Set<string> =>
  new Set(program.commands.flatMap(({ options }) => options.map(({ long }) => (long ?? '').replace(/^--/, ''))))

/**
 * Gives a command its action. `handler` gets the context, the options as commander parsed them (its parsers are the border:
 * `Options` says what they return), and the arguments.
 */
export function action<Options extends CommonOptions> (
  target: Command,
  handler: (context: Context, options: Options, args: readonly string[]) => Promise<void>
): Command {
  return target.action(async () => {
    const { dataFolder } = await import('../daemon/index.ts')
    const common = target.opts<CommonOptions>()
    const data = dataFolder(common.data)
    const { signal, dispose } = interruptSignal()
    try {
      await applyConfigFile(target, optionNames(target.parent ?? target), common.config ?? `${data}/config.json`, common.config != null)
      const options = target.opts<Options>()
      const context: Context = {
        data: dataFolder(options.data),
        verbose: options.verbose === true,
        out: output(options.json === true),
        signal,
        given: (option) => !['default', undefined].includes(target.getOptionValueSource(option))
      }
      await handler(context, options, target.args)
    } catch (error) {
      const cause: unknown = signal.aborted && exitCode(error) !== exitCode(signal.reason) ? signal.reason : error
      if (!(cause instanceof InterruptedError)) process.stderr.write(`${describeError(cause, target.opts<CommonOptions>().verbose === true)}\n`)
      process.exitCode = exitCode(cause)
    } finally {
      dispose()
    }
  })
}

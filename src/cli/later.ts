/** What INTERFACE.md promises for a later version: refused by name, so that nobody takes silence for success. */
import { Command } from 'commander'
import { UsageError } from './errors.ts'

const commands: Readonly<Record<string, string>> = {
  keys: 'SHOAL_API_KEY sets one key for the gateway'
}

const notYet = (what: string, instead: string): UsageError => new UsageError(`not in this version yet: ${what}; ${instead}`)

export function laterCommands (): Command[] {
  return Object.entries(commands).map(([name, instead]) => new Command(name)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => { throw notYet(`shoal ${name}`, instead) }))
}

/**
 * Every option can stand in a JSON file under its own name: `{"layers": "0:4", "join": ["/dns4/…"], "no-lan": true}`.
 * The command line wins over the file.
 */
import { readFile } from 'node:fs/promises'
import { InvalidArgumentError, type Command, type Option } from 'commander'
import { z } from 'zod'
import { UsageError } from './errors.ts'
import { list, names, network, origin, peer } from './parsers.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const schema = z.record(z.string(), z.union([scalar, z.array(z.union([z.string(), z.number()])).max(64)]))
type Value = z.infer<typeof schema>[string]

async function read (file: string, required: boolean): Promise<z.infer<typeof schema>> {
  let text
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (!required && error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new UsageError(`the configuration file ${file} can't be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    const detail = error instanceof z.ZodError ? `"${error.issues[0]?.path.join('.') ?? ''}" has to be text, a number, true or false, or a list of them` : 'it is no JSON object'
    throw new UsageError(`the configuration file ${file} is wrong: ${detail}`)
  }
}

/** Options that may be repeated. */
const LISTS = new Set<unknown>([list, names, network, origin, peer])

const keyOf = (option: Option): string => (option.long ?? '').replace(/^--/, '')

function apply (command: Command, option: Option, value: Value, file: string): void {
  const takesValue = option.required || option.optional
  const wrong = (what: string): UsageError => new UsageError(`"${keyOf(option)}" in ${file}: ${what}`)
  if (!takesValue) {
    if (typeof value !== 'boolean') throw wrong('write true or false')
    if (value) command.setOptionValueWithSource(option.attributeName(), !option.negate, 'config')
    return
  }
  if (typeof value === 'boolean' || (Array.isArray(value) && !LISTS.has(option.parseArg))) throw wrong('write one value')
  const texts = (Array.isArray(value) ? value : [value]).map(String)
  try {
    let parsed: unknown
    for (const text of texts) {
      parsed = option.parseArg == null ? text : option.parseArg(text, parsed)
    }
    command.setOptionValueWithSource(option.attributeName(), parsed, 'config')
  } catch (error) {
    throw error instanceof InvalidArgumentError ? wrong(error.message) : error
  }
}

/** Gives `command` what the file says about its options; a key that belongs to no command at all is an error. */
export async function applyConfigFile (command: Command, known: ReadonlySet<string>, file: string, required: boolean): Promise<void> {
  const values = await read(file, required)
  for (const [key, value] of Object.entries(values)) {
    if (!known.has(key)) throw new UsageError(`the configuration file ${file} has an unknown key "${key}"`)
    const option = command.options.find((candidate) => keyOf(candidate) === key)
    const source = option == null ? undefined : command.getOptionValueSource(option.attributeName())
    if (option != null && (source == null || source === 'default')) apply(command, option, value, file)
  }
}

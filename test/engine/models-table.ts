import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { architectureOf, type ModelConfig } from '../../src/model/index.ts'
import { root } from '../support/shoal.ts'

/** Largest differences from the reference that a test run saw. */
export interface ModelRow {
  readonly config: ModelConfig
  readonly logits: number
  readonly hidden: number
  /** Of the same model out of a GGUF file. */
  readonly gguf: GgufRow | undefined
}

export interface GgufRow {
  /** `general.architecture`. */
  readonly word: string
  readonly logits: number
}

export function note (rows: Map<string, ModelRow>, name: string, config: ModelConfig, { logits = 0, hidden = 0 }: Partial<ModelRow>, gguf?: GgufRow): void {
  const known = rows.get(name)
  rows.set(name, { config: known?.config ?? config, gguf: gguf ?? known?.gguf, logits: Math.max(known?.logits ?? 0, logits), hidden: Math.max(known?.hidden ?? 0, hidden) })
}

const BEGIN = '<!-- made by the test run -->'
const END = '<!-- end -->'

/** Puts the table between the two marks of docs/MODELS.md. */
export async function writeModels (rows: ReadonlyMap<string, ModelRow>): Promise<void> {
  const path = join(root, 'docs', 'MODELS.md')
  const text = await readFile(path, 'utf8')
  const table = [
    '| tiny model | architecture | class in config.json | logits: largest difference | hidden states | greedy ids | split at every layer | GGUF: `general.architecture` | logits from GGUF |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...[...rows].map(([name, { config, logits, hidden, gguf }]) => {
      const { classes } = architectureOf('name', config.architecture)
      return `| ${name} | ${config.architecture} | ${classes.join(', ')} | ${logits.toExponential(1)} | ${hidden.toExponential(1)} | equal | same bits | ${gguf == null ? '– | –' : `${gguf.word} | ${gguf.logits.toExponential(1)}`} |`
    })
  ].join('\n')
  const [before = ''] = text.split(BEGIN)
  const [, behind = ''] = text.split(END)
  await writeFile(path, `${before}${BEGIN}\n${table}\n${END}${behind}`)
}

/** What the embedded model answers: its own evaluation file. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/shoal.ts'

export interface Question {
  readonly question: string
  readonly answer: string
  /** Without the id that ends the text. */
  readonly ids: readonly number[]
}

/** Single-turn questions, spread over the file. */
export function questions (count: number): Question[] {
  const lines = readFileSync(join(root, 'models', 'atlas', 'eval.jsonl'), 'utf8').trim().split('\n')
  const all = lines.map((line) => JSON.parse(line) as { messages: Array<{ content: string }>, answer: string, ids: number[] }).filter(({ messages }) => messages.length === 1)
  return Array.from({ length: count }, (_, index) => all[Math.floor(index * all.length / count)]).flatMap((entry) =>
    (entry == null ? [] : [{ question: entry.messages[0]?.content ?? '', answer: entry.answer, ids: entry.ids.slice(0, -1) }]))
}

/** What clients ask: short answers that are known, and longer ones, some of which are long enough for standbys. */
import { questions } from '../../test/swarm/daemons/atlas.ts'
import type { GenerateEvent, GenerateRequest } from '../../src/pipeline/index.ts'

export interface Asked {
  readonly request: Omit<GenerateRequest, 'modelId'>
  /** The greedy answer's ids. */
  readonly ids: readonly number[]
}

const SHORT = 12
const MAX_SHORT_TOKENS = 48
const LONG_TOKENS = [100, 160, 350]
const ABOUT = ['Germany', 'Japan', 'Peru', 'Kenya']

const request = (question: string, maxTokens: number, ignoreEos: boolean): Asked['request'] => ({
  prompt: { kind: 'chat', messages: [{ role: 'user', content: question }] }, maxTokens, stop: [], sampling: { temperature: 0 }, wire: 'f32', ignoreEos
})

/** @param ask while nothing is disturbed, for answers that no file tells */
export async function workload (ask: (request: Asked['request']) => AsyncIterable<GenerateEvent>): Promise<Asked[]> {
  const short = questions(SHORT).map(({ question, ids }) => ({ request: request(question, MAX_SHORT_TOKENS, false), ids }))
  const long: Asked[] = []
  for (const [index, country] of ABOUT.entries()) {
    const asked = request(`Tell me about ${country}.`, LONG_TOKENS[index % LONG_TOKENS.length] ?? 0, true)
    for await (const event of ask(asked)) if (event.kind === 'done') long.push({ request: asked, ids: event.tokens })
  }
  // a long one after every few short ones
  return long.flatMap((each, index) => [...short.slice(index * SHORT / long.length, (index + 1) * SHORT / long.length), each])
}

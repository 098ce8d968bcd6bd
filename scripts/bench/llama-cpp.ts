/** The yardstick: llama.cpp in this process through node-llama-cpp, one thread. It is installed apart from the project, so its types are not here. */
import type { Contender, Run } from './run.ts'

/** A variable, so that the types are not looked for where only the benchmark has them. */
const YARDSTICK: string = 'node-llama-cpp'

interface Sequence {
  readonly contextTokens: readonly number[]
  clearHistory (): Promise<void>
  adaptStateToTokens (tokens: readonly number[], allowShift: boolean): Promise<void>
  evaluate (tokens: readonly number[], options: object): AsyncIterable<number>
}

interface Context {
  getSequence (): Sequence
  dispose (): Promise<void>
}

interface Library {
  getLlama (options: object): Promise<{
    loadModel (options: object): Promise<{ createContext (options: object): Promise<Context> }>
    dispose (): Promise<void>
  }>
}

export interface LlamaCpp extends Contender {
  /** As many answers at once as it was asked to have room for. */
  close (): Promise<void>
}

export interface LlamaCppInit {
  readonly path: string
  readonly contextSize: number
  /** How many answers it can work on at once. */
  readonly sequences: number
}

export async function llamaCpp ({ path, contextSize, sequences }: LlamaCppInit): Promise<LlamaCpp> {
  const { getLlama } = await import(YARDSTICK) as Library
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1, logLevel: 'error' })
  const model = await llama.loadModel({ modelPath: path })
  const context = await model.createContext({ contextSize, sequences, threads: 1 })
  const free = Array.from({ length: sequences }, () => context.getSequence())

  const generate = async (prompt: readonly number[], { tokens, cold }: { tokens: number, cold: boolean }): Promise<Run> => {
    const sequence = free.pop()
    if (sequence == null) throw new Error(`llama.cpp has ${sequences} sequences, and all are at work`)
    try {
      const startedAt = performance.now()
      if (cold) await sequence.clearHistory()
      else await sequence.adaptStateToTokens(prompt, false)
      const cached = sequence.contextTokens.length
      const arrivals: number[] = []
      for await (const _token of sequence.evaluate(prompt.slice(cached), { temperature: 0, yieldEogToken: true })) {
        arrivals.push(performance.now())
        if (arrivals.length === tokens) break
      }
      return { startedAt, arrivals, tokens: arrivals.length, cached }
    } finally {
      free.push(sequence)
    }
  }
  return { name: 'llama.cpp', generate, close: async () => { await llama.dispose() } }
}

/** What every group of rows is handed: one model, its contenders, and how much is to be measured. */
import { llamaCpp, type LlamaCpp } from './llama-cpp.ts'
import { prompts, type Prompts } from './prompts.ts'
import { startSwarm, type BenchSwarm } from './swarm.ts'
import type { BenchModel } from './models.ts'
import type { BenchOptions } from './options.ts'

export interface BenchRun {
  readonly model: BenchModel
  readonly options: BenchOptions
  readonly prompts: Prompts
  /** Started when it is first asked for, kept until the model is done. */
  swarm (processes: number): Promise<BenchSwarm>
  /** The same, for one answer at a time. */
  llama (): Promise<LlamaCpp>
  /** Ends everything that was started. */
  close (): Promise<void>
}

const CONTEXT = 2048

export function benchRun (model: BenchModel, options: BenchOptions): BenchRun {
  const swarms = new Map<number, Promise<BenchSwarm>>()
  let llama: Promise<LlamaCpp> | undefined
  return {
    model,
    options,
    prompts: prompts(model),
    swarm: async (processes) => {
      const swarm = swarms.get(processes) ?? startSwarm(model, { processes })
      swarms.set(processes, swarm)
      return await swarm
    },
    llama: async () => {
      llama ??= llamaCpp({ path: model.path, contextSize: CONTEXT, sequences: 1 })
      return await llama
    },
    close: async () => {
      const started = await Promise.allSettled([...swarms.values()])
      await Promise.all(started.map(async (each) => { if (each.status === 'fulfilled') await each.value.stop() }))
      const [yardstick] = await Promise.allSettled([llama])
      if (yardstick.status === 'fulfilled') await yardstick.value?.close()
    }
  }
}

/** Sessions that ask again and again for a span whose runs take what a real one's take. Time goes on only by them. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { scheduler, type Work } from '../../../src/engine/scheduler.ts'

export interface LoadInit {
  /** What any run takes, and what a row of a prompt and a session's own row add to that. */
  readonly runMs: number
  readonly rowMs: number
  readonly tokenMs: number
  /** Each client's prompts, of so many rows. */
  readonly clients: readonly number[]
  readonly tokens: number
  /** Rows of a prompt that come at once. */
  readonly frameRows: number
  readonly untilMs: number
}

export interface ClientLog {
  readonly promptRows: number
  /** Of each answer, in ms. */
  readonly firstTokens: number[]
  /** Between two tokens, in ms. */
  readonly gaps: number[]
  tokens: number
}

export async function load ({ runMs, rowMs, tokenMs, clients, tokens, frameRows, untilMs }: LoadInit): Promise<ClientLog[]> {
  let time = 0
  const run = async (ms: number): Promise<void> => {
    await nextTurn()
    time += ms
  }
  const schedule = scheduler<string, Work<string>>({
    decode: (works) => run(runMs + works.length * tokenMs),
    prefill: (_work, first, end) => run(runMs + (end - first) * rowMs)
  }, { maxRows: Infinity, maxGap: 3, bridges: () => true, now: () => time })

  const client = async (promptRows: number, place: number): Promise<ClientLog> => {
    const log: ClientLog = { promptRows, firstTokens: [], gaps: [], tokens: 0 }
    while (time < untilMs) {
      const slot = { slab: 'one', place }
      let lastMs = time
      for (let first = 0; first < promptRows; first += frameRows) {
        await schedule.run({ slot, rows: Math.min(frameRows, promptRows - first), turns: 1, variant: 0 })
      }
      log.firstTokens.push(time - lastMs)
      lastMs = time
      for (let token = 0; token < tokens && time < untilMs; token++) {
        await schedule.run({ slot, rows: 1, turns: 1, variant: 0 })
        log.gaps.push(time - lastMs)
        lastMs = time
        log.tokens++
      }
    }
    return log
  }
  return Promise.all(clients.map(client))
}

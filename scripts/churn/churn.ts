/**
 * The churn run: thin clients ask one question after another while nodes are killed and come back. Ends with 1 where an aim is missed:
 * answers finish and are right, nobody waits long for a token, and nodes hold nothing when all is over.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { joinSwarm, type SwarmClient } from '../../src/daemon/index.ts'
import { startHerd } from '../../test/support/herd.ts'
import { removeFolders, temporaryFolder } from '../../test/support/shoal.ts'
import { UsageError } from '../bench/options.ts'
import { aliveBytes } from './alive.ts'
import { churnClient } from './client.ts'
import { restOf } from './leaks.ts'
import { churnOptions } from './options.ts'
import { reap } from './reaper.ts'
import { shown, verdict } from './verdict.ts'
import { workload } from './workload.ts'
import type { MemoryLog } from '../load/verdict.ts'

/** Each layer is served by two nodes at least, when all are up. */
const SPANS = ['0:3', '3:5', '5:8', '0:3', '3:5', '5:8', '0:3', '5:8']
const SLOTS = 16
const LOOK_AT_MEMORY_MS = 15_000
/** Stages free what they hear nothing of for 10 s. */
const REST_MS = 15_000

type Sample = MemoryLog['samples'][number]

const say = (text: string): void => { process.stderr.write(`${text}\n`) }

async function main (): Promise<number> {
  const options = churnOptions(process.argv.slice(2))
  const herd = await startHerd(SPANS, ['--slots', String(SLOTS), '--drain-timeout', '1'])
  const joined: SwarmClient[] = []
  try {
    const { modelId } = herd
    const work = await workload((request) => herd.client.generate({ ...request, modelId }))
    const rest = async (): Promise<Array<Awaited<ReturnType<typeof restOf>>>> => await Promise.all([...herd.members.values()].map(restOf))
    const before = await rest()
    for (let index = 0; index < options.clients; index++) {
      const client = await joinSwarm({ data: await temporaryFolder(), join: herd.addresses(), signal: new AbortController().signal, onNote () { /* nobody reads */ } })
      joined.push(client)
      await client.chooseModel('atlas')
    }
    const startedAt = performance.now()
    const endsAt = startedAt + options.minutes * 60_000
    const at = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`
    say(`${options.clients} clients, ${SPANS.length} nodes, a kill every ${options.everySeconds} s, ${options.minutes} min`)
    const [alive, resident]: [Sample[], Sample[]] = [[], []]
    const look = (): void => {
      const atMs = performance.now() - startedAt
      resident.push({ atMs, bytes: process.memoryUsage.rss() })
      alive.push({ atMs, bytes: aliveBytes() })
    }
    const watching = setInterval(look, LOOK_AT_MEMORY_MS)
    const [kills, ...clients] = await Promise.all([
      reap({ herd, everyMs: options.everySeconds * 1000, seed: options.seed, endsAt, onKill: (peerId) => { say(`${at()} killed ${peerId.slice(-8)} (${herd.spanOf(peerId)})`) } }),
      ...joined.map(async (client, index) => await churnClient({
        client, modelId, work, index, endsAt, onTrouble: (what) => { say(`${at()} client ${index + 1}: ${what}`) }
      }))
    ])
    clearInterval(watching)
    await delay(REST_MS)
    const result = verdict({ clients, kills, slots: SLOTS, before, after: await rest(), alive, resident })
    process.stdout.write(`${shown(result)}\n`)
    if (options.out != null) writeFileSync(options.out, `${JSON.stringify({ options, ...result, clients, alive, resident }, null, 2)}\n`)
    return result.missed.length === 0 ? 0 : 1
  } finally {
    await Promise.all(joined.map(async (client) => { await client.close() }))
    await herd.stop()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  say(`churn: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
} finally {
  await removeFolders()
}
process.exit()

/** `npm run bench`: measures, shows a table, and keeps it in docs/BENCHMARKS.md and docs/benchmarks.json. What it takes is in `options.ts`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { removeFolders } from '../../test/support/shoal.ts'
import { benchRun, type BenchRun } from './bench-run.ts'
import { parseReport, worse } from './compare.ts'
import { benchModel } from './models.ts'
import { benchOptions, UsageError, type BenchOptions } from './options.ts'
import { bandwidthRows } from './rows/bandwidth.ts'
import { decodeRows } from './rows/decode.ts'
import { delayRows } from './rows/delay.ts'
import { failoverRows } from './rows/failover.ts'
import { gatewayRows } from './rows/gateway.ts'
import { hopRows } from './rows/hop.ts'
import { overheadRows } from './rows/overhead.ts'
import { prefillRows } from './rows/prefill.ts'
import { prefixRows } from './rows/prefix.ts'
import { sessionRows } from './rows/sessions.ts'
import { weightRows } from './rows/weights.ts'
import { completed, markdown, page, type Group, type Report, type Row } from './table.ts'

const perModel: ReadonlyArray<readonly [Group, (run: BenchRun) => Promise<Row[]>]> = [
  ['bandwidth', bandwidthRows],
  ['decode', decodeRows],
  ['prefill', prefillRows],
  ['sessions', sessionRows],
  ['prefix', prefixRows],
  ['delay', delayRows],
  ['failover', failoverRows],
  ['failover', overheadRows]
]

const say = (text: string): void => { process.stderr.write(`${text}\n`) }

/** @returns the rows, and whether every group could be measured */
async function measure (options: BenchOptions): Promise<{ rows: Row[], isWhole: boolean }> {
  const rows: Row[] = []
  let isWhole = true
  const group = async (title: string, of: () => Promise<Row[]>): Promise<void> => {
    const started = performance.now()
    try {
      rows.push(...await of())
      say(`${title}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
    } catch (error) {
      // the other groups are worth having
      isWhole = false
      say(`${title} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (options.groups.includes('hop')) await group('hop', hopRows)
  if (options.groups.includes('gateway')) await group('gateway', async () => await gatewayRows(options))
  if (options.groups.includes('weights')) await group('weights', async () => await weightRows(options))
  for (const name of options.models) {
    const wanted = perModel.filter(([each]) => options.groups.includes(each))
    if (wanted.length === 0) continue
    const model = await benchModel(name)
    if (model == null) {
      isWhole = false
      say(`${name} is not on this machine: it is not measured`)
      continue
    }
    const run = benchRun(model, options)
    for (const [each, of] of wanted) {
      await group(`${each}, ${name}`, async () => await of(run))
    }
    await run.close()
  }
  return { rows, isWhole }
}

function machine (): string {
  const [processor] = cpus()
  return `Node ${process.version}, ${cpus().length} cores of ${processor?.model ?? 'an unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
}

async function main (): Promise<number> {
  const options = benchOptions(process.argv.slice(2))
  // read first, as it may be the very file that is written
  const before = options.compare == null ? undefined : parseReport(readFileSync(options.compare, 'utf8'))
  const { rows, isWhole } = await measure(options)
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['describe', '--always', '--dirty']).toString().trim(),
    machine: machine(),
    rows
  }
  process.stdout.write(`${markdown(rows)}\n`)
  if (options.out != null) {
    mkdirSync(options.out, { recursive: true })
    const path = join(options.out, 'BENCHMARKS.md')
    const json = join(options.out, 'benchmarks.json')
    const kept = options.isPartial && existsSync(json) ? completed(parseReport(readFileSync(json, 'utf8')), report) : report
    writeFileSync(path, page(kept, existsSync(path) ? readFileSync(path, 'utf8') : ''))
    writeFileSync(json, `${JSON.stringify(kept, null, 2)}\n`)
  }
  const found = before == null ? [] : worse(before, report)
  for (const { id, against, before: was, now } of found) {
    process.stdout.write(`worse: ${id}: ${now.toFixed(2)} × ${against}, was ${was.toFixed(2)}\n`)
  }
  return isWhole && found.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
} finally {
  await removeFolders()
}
process.exit()

/** `npm run bench`: measures, prints a table, and keeps it in docs/BENCHMARKS.md. Milliseconds hold for this machine alone; read the ratios. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { removeFolders } from '../../test/support/shoal.ts'
import { hasSmollm2 } from '../../test/support/smollm2.ts'
import { decodeRows } from './decode.ts'
import { hopRows } from './hop.ts'
import { markdown } from './table.ts'

const rows = [...await hopRows(), ...(hasSmollm2 ? await decodeRows() : [])]
await removeFolders()
const table = markdown(rows)
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()
const [processor] = cpus()
writeFileSync('docs/BENCHMARKS.md', `# Benchmarks

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)} at ${commit}: Node ${process.version}, ${cpus().length} cores of ${processor?.model ?? 'an unknown processor'}, loopback.
Every row is measured in one run; decoding in interleaved rounds beside llama.cpp with the same file, one thread a process,
everything warm, 64 tokens, end of text banned, median and spread. Shoal's speeds are read at an HTTP client.

${table}
${hasSmollm2 ? '' : '\nDecoding was not measured: ../shared with SmolLM2-135M is not here.\n'}`)
process.stdout.write(`${table}\n`)
process.exit(0)

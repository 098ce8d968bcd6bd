/** Generates the TypeScript beside every `.proto`. Run it after changing one: `npm run protocols`. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const roots = ['protocols', 'src/model/graph']

const protos = roots.flatMap((root) => readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith('.proto'))
  .map((file) => join(root, file)))

for (const proto of protos) {
  const { status } = spawnSync('npx', ['protons', proto], { stdio: 'inherit' })
  if (status !== 0) {
    process.exit(status ?? 1)
  }
  process.stdout.write(`${proto}\n`)
}

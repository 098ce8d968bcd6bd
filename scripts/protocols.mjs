/** Generates a `.pb.ts` beside every `.proto`. Run it after changing one: `npm run protocols [file.proto …]`. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const roots = ['protocols', 'src/model/graph']

const named = process.argv.slice(2)
const protos = named.length > 0 ? named : roots.flatMap((root) => readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith('.proto'))
  .map((file) => join(root, file)))

for (const proto of protos) {
  const { status } = spawnSync('npx', ['protons', proto], { stdio: 'inherit' })
  if (status !== 0) {
    process.exit(status ?? 1)
  }

  // protons writes namespaces, which `erasableSyntaxOnly` refuses, and its own runtime's types by half
  const output = proto.replace(/proto$/, 'ts')
  const generated = proto.replace(/proto$/, 'pb.ts')
  renameSync(output, generated)
  writeFileSync(generated, `// @ts-nocheck generated\n${readFileSync(generated, 'utf8')}`)
  process.stdout.write(`${generated}\n`)
}

/**
 * Bundles the command line and everything it imports into dist/, split so that a command loads only what it uses.
 * Only packages with native code stay outside. `--quiet` prints errors alone, and leaves what an earlier build made for
 * processes that still run from it.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const quiet = process.argv.includes('--quiet')

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', 'grammar-worker': 'src/pipeline/grammar/worker.ts' },
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  external: ['koffi', 'onnxruntime-node', 'node-datachannel'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // CommonJS packages inside the bundle require Node's own modules.
  banner: { js: "import { createRequire as shoalRequire } from 'node:module'; const require = shoalRequire(import.meta.url);" },
  write: false,
  metafile: true,
  logLevel: quiet ? 'error' : 'warning'
})

/** The bundled packages' licences, which ask to travel with copies of their code. */
async function licences (inputs) {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  const texts = await Promise.all([...folders].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
    const files = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort()
    const parts = await Promise.all(files.map((file) => readFile(join(root, folder, file), 'utf8').catch(() => '')))
    return `${name} ${version} (${license ?? 'see below'})\n\n${parts.join('\n').trim()}\n`
  }))
  return { path: join(dist, 'LICENSES.txt'), contents: Buffer.from(texts.join(`\n${'-'.repeat(80)}\n\n`)) }
}
outputFiles.push(await licences(Object.keys(metafile.inputs)))

/** Whole or not at all, and only where it changed: others may be running from these files. The entry comes last. */
async function write ({ path, contents }) {
  const before = await readFile(path).catch(() => undefined)
  if (before != null && before.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  await writeFile(aside, contents)
  await rename(aside, path)
}

const isEntry = ({ path }) => relative(dist, path) === 'cli.mjs'
await Promise.all(outputFiles.filter((file) => !isEntry(file)).map(write))
await Promise.all(outputFiles.filter(isEntry).map(write))

if (!quiet) {
  const made = new Set(outputFiles.map(({ path }) => relative(dist, path)))
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !made.has(relative(dist, path))) await rm(path)
  }
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0)
  process.stdout.write(`dist/: ${outputFiles.length} files, ${(bytes / 1e6).toFixed(1)} MB\n`)
}

/**
 * Bundles the command line, the client for programs, and everything they import into dist/, split so that a command loads only
 * what it uses; the client for pages in one file; and the browser's pages. Only packages with native code stay outside. `--quiet`
 * prints errors alone, and leaves what an earlier build made for processes that still run from it.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { clientBundle } from './bundles/client.mjs'
import { declarations } from './bundles/declarations.mjs'
import { webPages } from './bundles/web.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const quiet = process.argv.includes('--quiet')

const entryPoints = { cli: 'src/cli/main.ts', 'client/node': 'src/client/node.ts', 'grammar-worker': 'src/pipeline/grammar/worker.ts' }
const forNode = build({
  absWorkingDir: root,
  entryPoints,
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

const web = webPages({ root, outdir: join(dist, 'web'), quiet })
const bundles = await Promise.all([forNode, clientBundle({ root, dist, quiet }), web])
const outputFiles = [
  ...bundles.flatMap((bundle) => bundle.outputFiles),
  ...await declarations({ root, entry: 'src/client/node.ts', folder: join(dist, 'client', 'types') })
]

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
outputFiles.push(await licences(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))))

/** Whole or not at all, and only where it changed: others may be running from these files. Entries come last. */
async function write ({ path, contents }) {
  const before = await readFile(path).catch(() => undefined)
  if (before != null && before.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  await writeFile(aside, contents)
  await rename(aside, path)
}

const isEntry = ({ path }) => Object.keys(entryPoints).includes(relative(dist, path).replace(/\.mjs$/, ''))
await Promise.all(outputFiles.filter((file) => !isEntry(file)).map(write))
await Promise.all(outputFiles.filter(isEntry).map(write))

if (!quiet) {
  const made = new Set(outputFiles.map(({ path }) => relative(dist, path)))
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !made.has(relative(dist, path))) await rm(path)
  }
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0)
  for (const { page, gzipBytes } of (await web).sizes) process.stdout.write(`dist/web/${page}: ${(gzipBytes / 1e3).toFixed(0)} kB gzip with all that it loads\n`)
  process.stdout.write(`dist/: ${outputFiles.length} files, ${(bytes / 1e6).toFixed(1)} MB\n`)
}

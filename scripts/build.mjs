/**
 * Bundles the command line and everything it imports into dist/, split so that a command loads only what it uses.
 * Only packages with native code stay outside. `--quiet` prints errors alone.
 */
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const quiet = process.argv.includes('--quiet')

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts' },
  outdir: 'dist',
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
  metafile: true,
  logLevel: quiet ? 'error' : 'warning'
})

if (!quiet) {
  const outputs = Object.values(metafile.outputs)
  const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0)
  process.stdout.write(`dist/: ${outputs.length} files, ${(bytes / 1e6).toFixed(1)} MB\n`)
}

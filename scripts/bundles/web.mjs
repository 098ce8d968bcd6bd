/** Bundles the browser's pages: one HTML file each, and scripts and styles with a hash of their content in the name. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Each page's name in dist/web, and what it is made of. */
const PAGES = [
  { page: 'index.html', template: 'web/index.html', script: 'web/main.tsx', style: 'web/styles/main.css' },
  { page: 'peer.html', template: 'web/peer/index.html', script: 'web/peer/peer.ts', style: 'web/peer/peer.css' }
]

/**
 * @param {{ root: string, outdir: string, quiet: boolean }} init
 * @returns {Promise<{ outputFiles: Array<{ path: string, contents: Uint8Array }>, metafile: import('esbuild').Metafile, sizes: Array<{ page: string, gzipBytes: number }> }>}
 */
export async function webPages ({ root, outdir, quiet }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: PAGES.flatMap(({ script, style }) => [script, style]),
    outdir,
    outbase: 'web',
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: quiet ? 'error' : 'warning'
  })
  const outputs = Object.entries(metafile.outputs)
  const contentsOf = (path) => outputFiles.find((file) => file.path === join(root, path))?.contents ?? new Uint8Array()
  const outputOf = (entry) => {
    const found = outputs.find(([, { entryPoint }]) => entryPoint === entry)
    if (found == null) throw new Error(`${entry} was not built`)
    return found[0]
  }
  const withImports = (path, seen = new Set()) => {
    if (seen.has(path)) return seen
    seen.add(path)
    for (const each of metafile.outputs[path].imports) if (!each.external) withImports(each.path, seen)
    return seen
  }
  const pages = await Promise.all(PAGES.map(async ({ page, template, script, style }) => {
    const scriptPath = outputOf(script)
    const stylePath = outputOf(style)
    const text = await readFile(join(root, template), 'utf8')
    const url = (path) => `/assets/${basename(path)}`
    const contents = Buffer.from(text.replace('%SCRIPT%', url(scriptPath)).replace('%STYLE%', url(stylePath)))
    const loaded = [contents, ...[...withImports(scriptPath), stylePath].map(contentsOf)]
    return { file: { path: join(outdir, page), contents }, size: { page: relative(outdir, join(outdir, page)), gzipBytes: loaded.reduce((sum, each) => sum + gzipSync(each).byteLength, 0) } }
  }))
  return {
    // a page comes after what it names
    outputFiles: [...outputFiles.map(({ path, contents }) => ({ path: join(dirname(path), basename(path)), contents: Buffer.from(contents) })), ...pages.map(({ file }) => file)],
    metafile,
    sizes: pages.map(({ size }) => size)
  }
}

/** The bundles of `shoal-node/client` for a page, and the page at /peer that is made of it. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const forBrowsers = {
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  write: false,
  metafile: true
}

/** @returns {Promise<{ outputFiles: import('esbuild').OutputFile[], metafile: import('esbuild').Metafile }>} dist/client/browser.mjs */
export async function clientBundle ({ root, dist, quiet }) {
  return await build({
    ...forBrowsers,
    absWorkingDir: root,
    entryPoints: { 'client/browser': 'src/client/browser.ts' },
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    logLevel: quiet ? 'error' : 'warning'
  })
}

/** dist/web/peer.html, and in dist/web/assets/ its script and style with a hash of their content in the name. */
export async function peerPage ({ root, dist, quiet }) {
  const folder = join(dist, 'web')
  const { outputFiles, metafile } = await build({
    ...forBrowsers,
    absWorkingDir: root,
    entryPoints: ['web/peer/peer.ts', 'web/peer/peer.css'],
    outdir: folder,
    entryNames: 'assets/[name]-[hash]',
    logLevel: quiet ? 'error' : 'warning'
  })
  const template = await readFile(join(root, 'web', 'peer', 'index.html'), 'utf8')
  const url = (extension) => `/assets/${basename(outputFiles.find(({ path }) => path.endsWith(extension))?.path ?? '')}`
  const html = { path: join(folder, 'peer.html'), contents: Buffer.from(template.replace('%SCRIPT%', url('.js')).replace('%STYLE%', url('.css'))) }
  return { outputFiles: [...outputFiles, html], metafile }
}

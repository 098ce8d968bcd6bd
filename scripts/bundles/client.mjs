/** The bundle of `shoal-node/client` for pages. */
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

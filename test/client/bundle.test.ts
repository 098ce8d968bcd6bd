import assert from 'node:assert/strict'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { clientBundle } from '../../scripts/bundles/client.mjs'
import { root } from '../support/shoal.ts'
import type { Metafile } from 'esbuild'

/** Half as much again as it has (docs/CLIENT.md): what makes it grow beyond that is meant, or is a slip. */
const MAX_GZIP_BYTES = 480_000

const inputsOf = ({ inputs }: Metafile): string[] => Object.keys(inputs)
const importsOf = ({ outputs }: Metafile): string[] => Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external === true).map(({ path }) => path))

describe('the client\'s bundle for pages', function () {
  this.timeout(60_000)
  let metafile: Metafile
  let contents: Uint8Array = new Uint8Array()

  before(async () => {
    const built = await clientBundle({ root, dist: join(root, 'dist'), quiet: true })
    metafile = built.metafile
    contents = built.outputFiles[0]?.contents ?? contents
  })

  it('is one file that needs nothing else, and nothing of Node', () => {
    assert.equal(Object.keys(metafile.outputs).length, 1)
    assert.deepEqual(importsOf(metafile), [])
    assert.deepEqual(inputsOf(metafile).filter((path) => path.startsWith('node:') || /node20|tcp\/|polyfill/.test(path)), [])
  })

  it('has no engine inside, and no room that a client may not know', () => {
    const rooms = new Set(inputsOf(metafile).flatMap((path) => /^(src\/[^/]+|protocols)\//.exec(path)?.[1] ?? []))
    assert.deepEqual([...rooms].sort(), ['protocols', 'src/client', 'src/p2p', 'src/swarm'])
    assert.deepEqual(inputsOf(metafile).filter((path) => /onnxruntime|koffi|node-datachannel|tokenizers/.test(path)), [])
  })

  it('is no larger than it is said to be', () => {
    const bytes = gzipSync(contents, { level: 9 }).byteLength
    assert.ok(bytes < MAX_GZIP_BYTES, `${contents.byteLength} bytes, ${bytes} with gzip`)
  })
})

describe('the client in Node', () => {
  it('loads no engine', async () => {
    const { metafile } = await build({
      absWorkingDir: root, entryPoints: ['src/client/node.ts'], bundle: true, platform: 'node', format: 'esm', write: false, metafile: true, outdir: 'dist',
      external: ['koffi', 'onnxruntime-node', 'node-datachannel'], logLevel: 'error'
    })
    assert.deepEqual(importsOf(metafile).filter((path) => /koffi|onnxruntime/.test(path)), [])
    assert.deepEqual(inputsOf(metafile).filter((path) => /^src\/(engine|pipeline|model|store|daemon)\//.test(path)), [])
  })
})

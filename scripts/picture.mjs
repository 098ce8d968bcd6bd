/**
 * Draws docs/demo.svg: runs the demo for real, notes when each line of its output appeared, and replays that as an animated
 * picture of a terminal. `npm run picture`.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const COLUMNS = 100
const CHARACTER_WIDTH = 8.4
const LINE_HEIGHT = 20
const PADDING = 20

/** @returns {Promise<Array<{ atMs: number, text: string }>>} whole lines, with the time of their first character */
async function record () {
  const started = Date.now()
  const child = spawn(process.execPath, ['bin/shoal.cjs', 'demo'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', COLUMNS: String(COLUMNS) } })
  const lines = []
  const collect = () => {
    let open = null
    return (chunk) => {
      for (const piece of chunk.toString().split(/(\n)/)) {
        if (piece === '\n') {
          open ??= lines.push({ atMs: Date.now() - started, text: '' })
          open = null
        } else if (piece !== '') {
          open ??= lines.push({ atMs: Date.now() - started, text: '' }) - 1
          lines[open].text += piece
        }
      }
    }
  }
  child.stdout.on('data', collect())
  child.stderr.on('data', collect())
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) {
    throw new Error(`the demo ended with ${code}:\n${lines.map(({ text }) => text).join('\n')}`)
  }
  return lines
}

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** Long lines wrap as a terminal would. */
const wrap = ({ atMs, text }) => (text.match(new RegExp(`.{1,${COLUMNS}}`, 'gu')) ?? ['']).map((part) => ({ atMs, text: part }))

function draw (lines) {
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * PADDING)
  const height = (lines.length + 2) * LINE_HEIGHT + 2 * PADDING
  const rows = [{ atMs: 0, text: '$ npm run demo' }, { atMs: 0, text: '' }, ...lines].map(({ atMs, text }, index) =>
    `<text x="${PADDING}" y="${PADDING + (index + 0.8) * LINE_HEIGHT}" xml:space="preserve">${escape(text)}` +
    (atMs === 0 ? '' : `<set attributeName="opacity" to="0" begin="0s" dur="${(atMs / 1000).toFixed(2)}s"/>`) + '</text>')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A recorded run of the demo">
<rect width="100%" height="100%" rx="8" fill="#14181f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#d7dde6">
${rows.join('\n')}
</g>
</svg>
`
}

const lines = (await record()).flatMap(wrap)
writeFileSync('docs/demo.svg', draw(lines))
process.stdout.write(`docs/demo.svg: ${lines.length} lines, ${(lines.at(-1).atMs / 1000).toFixed(1)} s\n`)

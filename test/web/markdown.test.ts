import assert from 'node:assert/strict'
import { build } from 'esbuild'
import { hasBrowser } from '../support/browser.ts'
import { root } from '../support/shoal.ts'
import { openPage, startBrowser, textOf, type Opened } from './browser.ts'
import type { Browser } from 'puppeteer-core'

/** What a hostile model may write. None of it may run, load, or look like the page's own. */
const HOSTILE: readonly string[] = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 1">',
  '![x](https://evil.example/pixel.png)',
  '![x](x" onerror="window.pwned=1)',
  '[x](javascript:window.pwned=1)',
  '[x](JaVaScRiPt:window.pwned=1)',
  '[x](data:text/html,<script>window.pwned=1</script>)',
  '[x](vbscript:x)',
  '<a href="javascript:window.pwned=1">x</a>',
  '<svg><animate onbegin="window.pwned=1" attributeName="x" dur="1s"></svg>',
  '<svg/onload=window.pwned=1>',
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=1&gt;">',
  '<form action="https://evil.example"><input name="key"><button>Log in</button></form>',
  '<div id="app" class="composer" style="position:fixed;inset:0">gone</div>',
  '<base href="https://evil.example/">',
  '<style>body { background: url(https://evil.example/x) }</style>',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '```html\n<script>window.pwned = 1</script>\n```',
  '`<img src=x onerror=window.pwned=1>`',
  '<https://evil.example/"onmouseover="window.pwned=1>',
  '[x]: javascript:window.pwned=1\n\n[x]',
  '| a |\n|---|\n| <img src=x onerror=window.pwned=1> |',
  `${'['.repeat(2000)}x${']('.repeat(2000)}`
]

const SAFE = new Set(['a', 'b', 'blockquote', 'br', 'code', 'del', 'div', 'em', 'h1', 'h2', 'h3', 'hr', 'li', 'ol', 'p', 'pre', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'])

describe('an answer’s markdown', function () {
  this.timeout(180_000)
  let browser: Browser
  let watched: Opened

  before(async function () {
    if (!hasBrowser) this.skip()
    const { outputFiles } = await build({
      stdin: { contents: 'import { renderMarkdown } from "./web/chat/markdown.ts"; globalThis.show = (text) => { document.body.replaceChildren(renderMarkdown(text)) }', resolveDir: root, loader: 'ts' },
      bundle: true, write: false, format: 'iife', platform: 'browser'
    })
    browser = await startBrowser()
    watched = await openPage(browser)
    await watched.page.evaluate(outputFiles[0]?.text ?? '')
  })
  after(async () => { await browser?.close() })

  const show = async (text: string): Promise<string> => {
    await watched.page.evaluate((given) => { (globalThis as unknown as { show (text: string): void }).show(given) }, text)
    return await watched.page.evaluate(() => document.body.innerHTML)
  }

  it('becomes elements', async () => {
    const html = await show('# Lima\n\nIt is **big**, ~~not~~ *old*, `x<y`.\n\n1. one\n2. two\n\n- a\n\n> said\n\n```js\nlet a = "<b>"\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n[more](https://example.org/?a=1&b=2)\nnext line')
    for (const part of [
      '<h1>Lima</h1>', '<strong>big</strong>', '<del>not</del>', '<em>old</em>', '<code>x&lt;y</code>', '<ol>', '<ul>', '<blockquote>', '<pre><code>let a = "&lt;b&gt;"', '<td align="right">2</td>',
      '<a href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">more</a><br>next line'
    ]) assert.ok(html.includes(part), `${part} in ${html}`)
    assert.equal((html.match(/class="scrolls" tabindex="0" role="region"/g) ?? []).length, 2)
  })

  it('shows HTML as the text that it is', async () => {
    await show('before <b onclick="x()">bold</b> after')
    assert.equal((await textOf(watched.page, 'body')).trim(), 'before <b onclick="x()">bold</b> after')
  })

  for (const text of HOSTILE) {
    it(`does nothing with ${text.slice(0, 60).replace(/\s+/g, ' ')}`, async () => {
      await show(text)
      const found = await watched.page.evaluate(() => Array.from(document.body.querySelectorAll('*'), (element) => ({
        name: element.localName,
        attributes: Array.from(element.attributes, ({ name, value }) => [name, value] as const),
        href: element instanceof HTMLAnchorElement ? element.protocol : ''
      })))
      for (const { name, attributes, href } of found) {
        assert.ok(SAFE.has(name), name)
        assert.ok(['', 'https:', 'http:', 'mailto:', ':'].includes(href), href)
        for (const [attribute] of attributes) assert.ok(['href', 'target', 'rel', 'start', 'align', 'class', 'tabindex', 'role', 'aria-label'].includes(attribute), attribute)
        assert.ok(attributes.every(([attribute, value]) => attribute !== 'class' || value === 'scrolls'))
      }
      assert.equal(await watched.page.evaluate(() => (globalThis as { pwned?: number }).pwned), undefined)
    })
  }

  it('has asked for nothing', () => {
    assert.deepEqual([...watched.hosts], [])
  })
})

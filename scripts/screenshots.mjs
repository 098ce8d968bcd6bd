/**
 * Takes the pictures of the page for docs/, from a real swarm on loopback in a real browser: light while an answer runs, dark after a node
 * was killed, and narrow. `npm run screenshots`.
 */
import { stat } from 'node:fs/promises'
import { openPage, startBrowser } from '../test/web/browser.ts'
import { daemon, removeFolders } from '../test/support/shoal.ts'

const SPANS = [['amber', '0:3'], ['birch', '3:5'], ['cedar', '5:8'], ['dune', '3:5']]
const WIDE = { width: 1360, height: 840 }
/** For a machine that has other work. */
const PATIENCE_MS = 300_000
const NARROW = { width: 360, height: 720, deviceScaleFactor: 2 }

const nodes = new Map()
const started = []
const browser = await startBrowser()
try {
  for (const [name, span] of SPANS) {
    const node = await daemon(['--layers', span, '--threads', '1', '--name', name, ...started.slice(0, 2).flatMap(({ address }) => ['--join', address])])
    started.push(node)
    nodes.set(name, node)
  }
  const { page } = await openPage(browser, `${nodes.get('amber').http}/`)
  const orFailure = async (reached) => {
    const failed = page.waitForSelector('.failure span').then(async (element) => { throw new Error(await element.evaluate(({ textContent }) => textContent)) })
    await Promise.race([reached, failed.catch((error) => error.name === 'TimeoutError' ? reached : Promise.reject(error))])
  }
  const last = async (status) => {
    await orFailure(page.waitForFunction((wanted) => [...document.querySelectorAll('.answer')].at(-1)?.classList.contains(wanted), {}, status))
  }
  const ask = async (text) => {
    await page.type('#question', text)
    await page.keyboard.press('Enter')
  }
  const picture = async (name) => {
    const path = `docs/page-${name}.png`
    await page.screenshot({ path })
    process.stdout.write(`${path}: ${Math.round((await stat(path)).size / 1000)} kB\n`)
  }
  const tokens = async (least) => {
    await page.waitForFunction((count) => parseInt([...document.querySelectorAll('.answer')].at(-1)?.querySelector('.facts span')?.textContent ?? '0') >= count, {}, least)
  }
  page.setDefaultTimeout(PATIENCE_MS)
  await page.setViewport(WIDE)
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  await page.waitForSelector('.connection.live')
  await page.waitForSelector('#model option[value^="bagu"]')

  await ask('Tell me about Japan.')
  await last('done')
  await ask('Which countries border Austria?')
  await tokens(6)
  await picture('light')
  await last('done')

  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await page.click('.side button.wide')
  await page.waitForSelector('.welcome')
  await ask('Tell me about Peru.')
  await tokens(6)
  await nodes.get(await page.$eval('.hops tbody tr:nth-child(2) th', (cell) => cell.textContent)).kill()
  await page.waitForSelector('.happened .repair')
  await page.waitForSelector('.node.lost')
  await picture('dark')
  await last('done')

  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  await page.setViewport(NARROW)
  await page.waitForSelector('.connection.live')
  await picture('narrow')
} finally {
  await browser.close()
  await Promise.all(started.map(async ({ kill }) => { await kill() }))
  await removeFolders()
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startGateway, type Gateway, type GatewayInit } from '../../src/gateway/index.ts'
import { atlas, fakeGenerator, named, silent, type FakeInit } from '../gateway/fake-generator.ts'
import { hasBrowser } from '../support/browser.ts'
import { daemon, removeFolders, root, shoal, temporaryFolder, type Daemon } from '../support/shoal.ts'
import { questions } from '../swarm/daemons/atlas.ts'
import { openPage, seriousFindings, startBrowser, textOf, type Opened } from './browser.ts'
import type { Browser, Page } from 'puppeteer-core'

const SPANS = [['amber', '0:3'], ['birch', '3:5'], ['cedar', '5:8'], ['dune', '3:5']] as const

const send = async (page: Page, text: string): Promise<void> => {
  await page.type('#question', text)
  await page.keyboard.press('Enter')
}
/** The last answer, when it is so. */
const answered = async (page: Page, status: string): Promise<string> => {
  await page.waitForFunction((wanted) => [...document.querySelectorAll('.answer')].at(-1)?.classList.contains(wanted), {}, status)
  return await page.evaluate(() => [...document.querySelectorAll('.answer')].at(-1)?.querySelector('.markdown')?.textContent.trim() ?? '')
}
const facts = async (page: Page): Promise<string[]> => await page.evaluate(() => Array.from([...document.querySelectorAll('.answer')].at(-1)?.querySelectorAll('.facts span') ?? [], (each) => each.textContent))
/** Makes answers go on behind their end, so that there is time for what a test does meanwhile. */
const withoutEnd = async (page: Page): Promise<void> => {
  await page.setRequestInterception(true)
  page.on('request', (request) => {
    void (async () => {
      const body = request.hasPostData() ? await request.fetchPostData() : undefined
      await request.continue(body === undefined ? {} : { postData: JSON.stringify({ ...JSON.parse(body) as object, ignore_eos: true }) })
    })()
  })
}

describe('the page in a browser, on a swarm', function () {
  this.timeout(240_000)
  let browser: Browser
  const nodes = new Map<string, Daemon>()
  let url = ''
  let watched: Opened
  let page: Page

  before(async function () {
    if (!hasBrowser) this.skip()
    const started: Daemon[] = []
    for (const [name, span] of SPANS) {
      const node = await daemon(['--layers', span, '--threads', '1', '--name', name, ...started.slice(0, 2).flatMap(({ address }) => ['--join', address])])
      started.push(node)
      nodes.set(name, node)
    }
    url = `${nodes.get('amber')?.http ?? ''}/`
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await Promise.all([...nodes.values()].map(async ({ kill }) => { await kill() }))
    await removeFolders()
  })
  beforeEach(async () => {
    watched = await openPage(browser, url)
    page = watched.page
    await page.waitForSelector('.connection.live')
    await page.waitForSelector('#model option[value^="bagu"]')
  })
  afterEach(async () => {
    if (watched === undefined) return
    assert.deepEqual(watched.errors, [])
    assert.deepEqual([...watched.hosts], [new URL(url).host])
    await page.browserContext().close()
  })

  it('streams an answer, says what it took, and shows where it went', async () => {
    const [{ question, answer } = { question: '', answer: '' }] = questions(1)
    await page.click('button[aria-label="Sampling"]')
    await page.focus('#temperature')
    await page.keyboard.press('Home')
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.querySelector('dialog[open]') == null)
    await send(page, question)
    assert.equal(await answered(page, 'done'), answer)
    const told = await facts(page)
    for (const pattern of [/^\d+ tokens$/, /tokens\/s$/, /^first after \d/, /^complete$/, /^atlas$/]) assert.ok(told.some((fact) => pattern.test(fact)), `${pattern.source} in ${told.join(', ')}`)
    await page.waitForFunction(() => document.querySelectorAll('.hops tbody tr').length === 3)
    await page.waitForFunction(() => document.querySelector('.ring svg')?.getAttribute('aria-label')?.includes('The last answer'))
    assert.match(await page.$eval('.ring svg', (svg) => svg.getAttribute('aria-label') ?? ''), /^atlas: 8 layers, all served\. The last answer went over amber \(layers 0 to 2\), then (birch|dune) \(layers 3 to 4\), then cedar \(layers 5 to 7\)\.$/)
    assert.match(await textOf(page, '.hops tbody tr'), /^amber0–2here/)
    assert.equal(await page.evaluate(() => document.querySelectorAll('.node .arc:not(.used)').length), 4)
    assert.equal(await textOf(page, '.chat > [role="status"]'), `Answered with ${parseInt(told[0] ?? '')} tokens`)
  })

  it('stops an answer on every node, asks again, and changes a question', async () => {
    await withoutEnd(page)
    await send(page, 'Tell me about Japan.')
    await answered(page, 'streaming')
    await page.waitForSelector('.tokens.moving')
    // what is shown grows
    const seen = await textOf(page, '.answer .markdown')
    await page.waitForFunction((before) => (document.querySelector('.answer .markdown')?.textContent ?? '').length > before, {}, seen.length)
    await page.click('button[aria-label="Stop"]')
    assert.notEqual(await answered(page, 'stopped'), '')
    await page.waitForFunction(() => document.querySelector('.swarm .title p')?.textContent.includes('0 answers at work'))
    await page.click('.answer .actions button:last-child')
    await answered(page, 'streaming')
    assert.equal(await page.evaluate(() => document.querySelectorAll('.answer').length), 1)
    await page.focus('#question')
    await page.keyboard.press('Escape')
    await answered(page, 'stopped')
    await page.click('.question .actions button:last-child')
    assert.equal(await page.$eval('#question', (field) => (field as HTMLTextAreaElement).value), 'Tell me about Japan.')
    await page.keyboard.type(' Briefly.')
    await page.keyboard.press('Enter')
    await answered(page, 'streaming')
    assert.deepEqual(await page.$$eval('.question p', (all) => all.map(({ textContent }) => textContent)), ['Tell me about Japan. Briefly.'])
    await page.click('button[aria-label="Stop"]')
    await answered(page, 'stopped')
  })

  it('remembers conversations, choices and colours', async () => {
    await send(page, 'What is the capital of Peru?')
    const text = await answered(page, 'done')
    await page.click('button[aria-label="Sampling"]')
    await page.$eval('#seed', (field) => { (field as HTMLInputElement).value = '42'; field.dispatchEvent(new Event('change')) })
    await page.click('.settings button[type="submit"]')
    await page.click('button[aria-label^="Colours"]')
    await page.click('.side button.wide')
    await page.waitForSelector('.welcome')
    await page.waitForFunction(() => localStorage.getItem('shoal.chat')?.includes('Peru') === true)
    await page.reload()
    await page.waitForSelector('.connection.live')
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light')
    await page.evaluate(() => { [...document.querySelectorAll<HTMLElement>('.side .title')].find(({ textContent }) => textContent.includes('Peru'))?.click() })
    assert.equal(await answered(page, 'done'), text)
    await page.click('button[aria-label="Sampling"]')
    assert.equal(await page.$eval('#seed', (field) => (field as HTMLInputElement).value), '42')
  })

  it('has no serious accessibility issue in light, in dark, narrow, with a dialog, or while an answer runs', async () => {
    await send(page, 'What is the capital of Peru?')
    await answered(page, 'done')
    const findings: Record<string, string[]> = {}
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }])
      findings[scheme] = await seriousFindings(page)
      await page.click('button[aria-label="Sampling"]')
      await page.waitForSelector('dialog[open]')
      findings[`${scheme}, dialog`] = await seriousFindings(page)
      await page.keyboard.press('Escape')
      await page.setViewport({ width: 360, height: 740 })
      for (const view of [1, 2]) {
        await page.click(`.views button:nth-child(${view})`)
        findings[`${scheme}, narrow ${view}`] = await seriousFindings(page)
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 360)
      }
      await page.click('.views button:nth-child(1)')
      await page.setViewport({ width: 1400, height: 860 })
    }
    await withoutEnd(page)
    await send(page, 'Tell me about Japan.')
    await page.waitForSelector('.tokens.moving')
    findings.running = await seriousFindings(page)
    assert.equal(await page.$eval('.tokens', (group) => getComputedStyle(group).animationName), 'none')
    await page.click('button[aria-label="Stop"]')
    await answered(page, 'stopped')
    assert.deepEqual(Object.entries(findings).filter(([, found]) => found.length > 0), [])
  })

  it('can be used by keyboard alone', async () => {
    await page.waitForFunction(() => document.activeElement?.id === 'question')
    await page.keyboard.down('Shift')
    for (let stops = 0; await textOf(page, ':focus') !== 'Skip to the question'; stops++) {
      assert.ok(stops < 20, 'no way back to the first link')
      await page.keyboard.press('Tab')
    }
    await page.keyboard.up('Shift')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'question')
    await page.keyboard.type('one')
    await page.keyboard.down('Shift')
    await page.keyboard.press('Enter')
    await page.keyboard.up('Shift')
    await page.keyboard.type('two')
    assert.equal(await page.$eval('#question', (field) => (field as HTMLTextAreaElement).value), 'one\ntwo')
  })

  it('switches to another model of the swarm, and shows the nodes that serve it', async () => {
    const home = await temporaryFolder()
    const { code, stderr } = await shoal(['import', join(root, 'test', 'fixtures', 'models', 'llama'), '--name', 'tiny'], { home })
    assert.equal(code, 0, stderr)
    const other = await daemon(['tiny', '--threads', '1', '--name', 'elm', '--join', nodes.get('amber')?.address ?? ''], { home })
    try {
      await page.waitForFunction(() => [...document.querySelectorAll('#model option')].some(({ textContent }) => textContent?.startsWith('tiny')))
      await page.select('#model', String(other.ready.modelId))
      await send(page, 'Hello')
      await answered(page, 'done')
      assert.ok((await facts(page)).includes('tiny'))
      await page.waitForFunction(() => document.querySelector('.ring svg')?.getAttribute('aria-label')?.includes('The last answer'))
      assert.match(await page.$eval('.ring svg', (svg) => svg.getAttribute('aria-label') ?? ''), /^tiny: 4 layers, all served\. The last answer went over elm \(layers 0 to 3\)\.$/)
    } finally {
      await other.stop()
    }
  })

  it('shows a repair when a node of the route is killed, and the answer goes on', async () => {
    await withoutEnd(page)
    await send(page, 'Tell me about Japan.')
    await answered(page, 'streaming')
    await page.waitForFunction(() => document.querySelectorAll('.hops tbody tr').length === 3)
    const middle = await textOf(page, '.hops tbody tr:nth-child(2) th')
    const other = middle === 'birch' ? 'dune' : 'birch'
    await nodes.get(middle)?.kill()
    await page.waitForSelector('.happened .repair')
    assert.match(await textOf(page, '.happened .repair span'), new RegExp(`^Lost ${middle} \\(layers 3 to 4\\): ${other} took over layers 3 to 4 in \\d+ ms`))
    await page.waitForSelector('.node.lost')
    assert.match(await textOf(page, '.nodes .lost'), new RegExp(`^${middle} layers 3 to 4lost`))
    await page.waitForFunction((name) => document.querySelector('.hops tbody tr:nth-child(2) th')?.textContent === name, {}, other)
    const length = (await answered(page, 'streaming')).length
    await page.waitForFunction((before) => (document.querySelector('.answer .markdown')?.textContent.length ?? 0) > before, {}, length + 20)
    assert.ok((await facts(page)).includes('mended once'))
    await page.click('button[aria-label="Stop"]')
    await answered(page, 'stopped')
  })
})

describe('the page in a browser, on a gateway', function () {
  this.timeout(120_000)
  let browser: Browser
  let gateway: Gateway | undefined

  before(async function () {
    if (!hasBrowser) this.skip()
    browser = await startBrowser()
  })
  after(async () => { await browser?.close() })
  afterEach(async () => { await gateway?.stop({ signal: AbortSignal.abort() }) })

  const start = async (fake: FakeInit, init: Partial<GatewayInit> = {}) => {
    const generator = fakeGenerator(fake)
    gateway = await startGateway({ generator, logger: silent, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', port: 0, pages: join(root, 'dist', 'web'), ...init })
    return { generator, ...await openPage(browser, `${gateway.url}/`) }
  }

  it('asks the model that was chosen', async () => {
    const { generator, page } = await start({ models: [atlas, { name: 'other', modelId: 'bafyother', createdS: 1 }] })
    await page.waitForSelector('#model option[value="bafyother"]')
    await page.select('#model', 'bafyother')
    await send(page, 'Hello')
    assert.equal(await answered(page, 'done'), 'The capital is Lima.')
    assert.equal(generator.requests[0]?.modelId, 'bafyother')
    assert.ok((await facts(page)).includes('other'))
    await page.reload()
    await page.waitForFunction(() => document.querySelector<HTMLSelectElement>('#model')?.value === 'bafyother')
  })

  it('says what the node says when it refuses, and asks again', async () => {
    const { generator, page } = await start({ refuse: named('UncoveredError', 'layers 3 to 4 are served by nobody') })
    await send(page, 'Hello')
    await answered(page, 'failed')
    assert.equal(await textOf(page, '.failure span'), 'layers 3 to 4 are served by nobody')
    assert.deepEqual(await seriousFindings(page), [])
    await page.click('.failure button')
    await page.waitForFunction(() => document.querySelectorAll('.answer').length === 1)
    await answered(page, 'failed')
    assert.equal(generator.requests.length, 2)
  })

  it('asks for a key where the node wants one, and for another where that is wrong', async () => {
    const { page } = await start({}, { apiKeys: ['right'] })
    await page.waitForSelector('.key-form')
    assert.deepEqual(await seriousFindings(page), [])
    await page.type('#api-key', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelector('.key-form label')?.textContent.startsWith('This key is not known'))
    await page.$eval('#api-key', (field) => { (field as HTMLInputElement).select() })
    await page.type('#api-key', 'right')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.connection.live')
    assert.equal(await page.evaluate(() => document.querySelector('.key-form')), null)
    await send(page, 'Hello')
    assert.equal(await answered(page, 'done'), 'The capital is Lima.')
  })

  it('notices that the node is gone', async () => {
    const { page } = await start({})
    await page.waitForSelector('.connection.live')
    await gateway?.stop()
    await page.waitForSelector('.connection.lost')
  })
})

/** A real browser from npm alone, for tests of the pages. */
import { setTimeout as delay } from 'node:timers/promises'
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import type { AxeResults } from 'axe-core'

/** The package has files for this platform only; elsewhere tests that need it skip. */
export const hasBrowser = process.platform === 'linux' && process.arch === 'x64'

const START_MS = 60_000
/** The package's own arguments put all into one process, which has room for one page only. A container's user is often root, and its shared memory small. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none']

/** Starts one, with a profile of its own. */
export async function startBrowser (): Promise<Browser> {
  // several test files may be the first to unpack it
  for (let attempt = 0; ; attempt++) {
    try {
      return await puppeteer.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS, headless: 'shell', defaultViewport: { width: 1400, height: 860 }, timeout: START_MS, protocolTimeout: START_MS })
    } catch (error) {
      if (attempt === 2) throw error
      await delay(500)
    }
  }
}

export interface Watched {
  readonly page: Page
  /** URLs that it asked for over HTTP. */
  readonly requests: string[]
  /** Errors that the page logged or threw, but for refused requests, which a test may want. */
  readonly errors: string[]
  /** Hosts of all that it asked for. */
  readonly hosts: Set<string>
}

/**
 * A page in a context of its own: storage, cookies and all.
 * @param blocked requests that get no answer
 */
export async function openPage (browser: Browser, url?: string, blocked?: (url: URL) => boolean): Promise<Watched> {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  page.setDefaultTimeout(START_MS)
  const errors: string[] = []
  const hosts = new Set<string>()
  const requests: string[] = []
  // tsx leaves calls of this in functions that are handed to the page
  await page.evaluateOnNewDocument('globalThis.__name = (it) => it')
  if (blocked !== undefined) await page.setRequestInterception(true)
  page.on('pageerror', (error) => { errors.push(error instanceof Error ? error.message : String(error)) })
  page.on('console', (message) => { if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text()) })
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (asked.protocol !== 'data:') {
      hosts.add(asked.host)
      requests.push(asked.href)
    }
    if (blocked !== undefined) void (blocked(asked) ? request.abort() : request.continue())
  })
  if (url !== undefined) await page.goto(url)
  return { page, errors, hosts, requests }
}

/** Serious and critical findings of axe, as text. */
export async function seriousFindings (page: Page): Promise<string[]> {
  // by the debugger, since the page's policy allows no script of others
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })') as AxeResults
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary ?? ''})`).join('; ')}`)
}

/** The text of an element, or of none. */
export async function textOf (page: Page, selector: string): Promise<string> {
  return await page.evaluate((given) => document.querySelector(given)?.textContent ?? '', selector)
}

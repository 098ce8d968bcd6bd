/** What tests and pictures of the page at / need beside a browser. */
import axe from 'axe-core'
import { launchBrowser } from '../support/browser.ts'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'puppeteer-core'

/** A loaded machine answers slowly. */
const PATIENCE_MS = 90_000
const WIDE = { width: 1400, height: 860 }

export interface Opened {
  readonly page: Page
  /** Errors that the page logged or threw, but for refused requests, which a test may want. */
  readonly errors: readonly string[]
  /** Hosts of all that it asked for. */
  readonly hosts: ReadonlySet<string>
}

export const startBrowser = launchBrowser

/** A page in a context of its own: storage and all. */
export async function openPage (browser: Browser, url?: string): Promise<Opened> {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  await page.setViewport(WIDE)
  const errors: string[] = []
  const hosts = new Set<string>()
  page.on('pageerror', (error) => { errors.push(String(error)) })
  page.on('console', (message) => { if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text()) })
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (asked.protocol !== 'data:') hosts.add(asked.host)
  })
  if (url !== undefined) await page.goto(url)
  return { page, errors, hosts }
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

/** A real browser from npm alone: `@sparticuz/chromium` unpacks Chromium into the temporary folder. */
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

/** The package has Chromium for this platform only; elsewhere tests that need it skip. */
export const hasBrowser = process.platform === 'linux' && process.arch === 'x64'

/** Of the package's own switches these are left out: pages are to be held to what browsers hold them to. */
const TOO_LENIENT = /single-process|no-zygote|headless|disable-web-security|site-isolation|allow-running-insecure|disable-features/

export async function launchBrowser (): Promise<Browser> {
  const { default: chromium } = await import('@sparticuz/chromium')
  return await puppeteer.launch({ executablePath: await chromium.executablePath(), headless: 'shell', args: [...chromium.args.filter((arg) => !TOO_LENIENT.test(arg)), '--disable-gpu'] })
}

export interface WatchedPage {
  readonly page: Page
  /** What it complained of: uncaught errors, and errors on its console. */
  readonly problems: string[]
  /** URLs that it asked for over HTTP. */
  readonly requests: string[]
}

/** @param blocked requests that get no answer */
export async function watchedPage (browser: Browser, blocked: (url: URL) => boolean = () => false): Promise<WatchedPage> {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  // tsx leaves calls of this in functions that are handed to the page
  await page.evaluateOnNewDocument('globalThis.__name = (it) => it')
  const problems: string[] = []
  const requests: string[] = []
  page.on('pageerror', (error) => { problems.push(String(error)) })
  page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()) })
  await page.setRequestInterception(true)
  page.on('request', (request) => {
    requests.push(request.url())
    void (blocked(new URL(request.url())) ? request.abort() : request.continue())
  })
  return { page, problems, requests }
}

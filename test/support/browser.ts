/** A real browser from npm alone: `@sparticuz/chromium` unpacks Chromium into the temporary folder. */
import chromium from '@sparticuz/chromium'
import puppeteer, { type Browser } from 'puppeteer-core'

/** The package has Chromium for this platform only; elsewhere tests that need it skip. */
export const hasBrowser = process.platform === 'linux' && process.arch === 'x64'

export async function launchBrowser (): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: await chromium.executablePath(),
    headless: 'shell',
    // no GPU: two processes fewer on a small machine
    args: [...chromium.args.filter((arg) => !/single-process|no-zygote|headless|web-security|isolation|insecure/.test(arg)), '--no-sandbox', '--disable-gpu']
  })
}

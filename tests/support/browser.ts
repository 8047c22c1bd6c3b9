// A real Chromium, and what happens on a page of it.

import { type Browser, chromium, type Page } from 'playwright-core'
import { findTool } from './tools.ts'

/** Ends with `close`. It asks nobody but the pages that a test opens. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findTool('chromium') ?? 'chromium',
    args: [
      // Chromium’s sandbox refuses to run as root, as tests in containers do.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export type Seen = {
  page: Page
  /** Errors and warnings in the console, and exceptions that nobody caught. */
  complaints: string[]
  /** What the page’s policy forbade: `style-src-attr inline`. */
  violations: string[]
  /** Addresses on other hosts that were asked for. */
  elsewhere: string[]
  /** Answers that were no success: `404 http://…`. */
  refused: string[]
}

/** Opens the address; `Seen` goes on being filled while the page runs. */
export async function openPage(browser: Browser, url: string): Promise<Seen> {
  const page = await browser.newPage({ viewport: { width: 1300, height: 900 } })
  // A machine that is busy with other tests shows pages late.
  page.setDefaultTimeout(60_000)
  const seen: Seen = { page, complaints: [], violations: [], elsewhere: [], refused: [] }
  const { origin } = new URL(url)

  await page.exposeFunction('tellViolation', (text: string) => void seen.violations.push(text))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', event =>
    tellViolation(event.effectiveDirective + ' ' + event.blockedURI))`)
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text())
  })
  page.on('pageerror', error => seen.complaints.push(error.message))
  page.on('request', request => {
    const { protocol, origin: asked } = new URL(request.url())
    if (protocol !== 'data:' && asked !== origin) seen.elsewhere.push(request.url())
  })
  page.on('response', response => {
    if (response.status() >= 400) seen.refused.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(url)
  return seen
}

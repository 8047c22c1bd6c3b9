// The pages of the API document, out of the executable and in a real browser: each shows every
// operation, keeps its strict policy, and asks no other host for anything.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { parse } from 'yaml'
import { authorization } from '../../bench/lab/credentials.ts'
import { runZerg, startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { apiDocument } from '../../src/document.ts'
import { openBrowser, openPage } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { findTool, testWith } from '../support/tools.ts'

const testInBrowser = testWith('chromium')
const summaries = Object.values(apiDocument().paths).flatMap(methods =>
  Object.values(methods).map(({ summary }) => summary),
)

// Connections that a browser or a client keeps would hold the end up for seconds.
const ENV = { ZERG_EPHEMERAL: 'true', ZERG_DRAIN_MAX: '100ms' }

let zerg: Zerg
let browser: Browser | undefined
beforeAll(async () => {
  zerg = await startZerg({ env: ENV })
  if (findTool('chromium')) browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await zerg.stop()
}, 30_000)

const LISTS = [
  ['/docs', 'Scalar'],
  ['/docs/swagger', 'Swagger UI'],
  ['/docs/redoc', 'Redoc'],
] as const

describe('in Chromium', () => {
  testInBrowser.each(LISTS)(
    '%s (%s) shows the API and stays on this host',
    async path => {
      const seen = await openPage(browser!, `${zerg.url}${path}`)
      // `innerText` has only what is rendered.
      // Asked from here and not by a function in the page, which its own policy would not let run.
      await eventually(
        async () => {
          const text = await seen.page.evaluate<string>('document.body.innerText')
          expect(summaries.filter(summary => !text.includes(summary))).toEqual([])
        },
        { withinMs: 60_000 },
      )
      await seen.page.waitForLoadState('networkidle')

      const { complaints, violations, elsewhere, refused } = seen
      expect({ complaints, violations, elsewhere, refused }).toEqual({
        complaints: [],
        violations: [],
        elsewhere: [],
        refused: [],
      })
      await seen.page.close()
    },
    90_000,
  )

  // Without this, a policy that nobody enforces and a console that nobody hears would pass.
  testInBrowser(
    'what leaves the host or breaks the policy would be seen',
    async () => {
      const seen = await openPage(browser!, `${zerg.url}/docs/swagger`)
      await seen.page.evaluate(`
      document.body.insertAdjacentHTML('beforeend', '<i style="color: red">x</i>')
      document.body.insertAdjacentHTML('beforeend', '<img src="http://elsewhere.test/x.png">')
    `)
      await eventually(() => expect(seen.violations.length + seen.complaints.length).toBe(4))
      expect(seen.violations).toEqual([
        'style-src-attr inline',
        'img-src http://elsewhere.test/x.png',
      ])
      expect(seen.elsewhere).toEqual(['http://elsewhere.test/x.png'])
      await seen.page.close()
    },
    60_000,
  )

  testInBrowser(
    'a request tried out in Swagger UI is answered',
    async () => {
      const { page, complaints } = await openPage(browser!, `${zerg.url}/docs/swagger`)
      const operation = page.locator('#operations-health-getHealth')
      await operation.locator('.opblock-summary-control').click()
      await operation.getByRole('button', { name: 'Try it out' }).click()
      await operation.getByRole('button', { name: 'Execute' }).click()
      const answer = operation.locator('.live-responses-table .response-col_description')
      await answer.getByText('"status": "ok"').first().waitFor()
      expect(complaints).toEqual([])
      await page.close()
    },
    60_000,
  )

  testInBrowser(
    'the error codes can be read and followed',
    async () => {
      const seen = await openPage(browser!, `${zerg.url}/errors`)
      await seen.page.getByRole('link', { name: 'version_mismatch' }).click()
      await seen.page.getByRole('heading', { name: 'The resource has changed' }).waitFor()
      const { complaints, violations, elsewhere } = seen
      expect([complaints, violations, elsewhere]).toEqual([[], [], []])
      await seen.page.close()
    },
    60_000,
  )
})

test('the document that is served is the one that is printed, as JSON and as YAML', async () => {
  const served: unknown = await (await fetch(`${zerg.url}/openapi.json`)).json()
  expect(served).toEqual(JSON.parse((await runZerg(['openapi'])).stdout))
  expect(served).toEqual(parse((await runZerg(['openapi', '--yaml'])).stdout))
})

test('without documentation there is neither document nor page, and codes are still explained', async () => {
  const quiet = await startZerg({ env: { ...ENV, ZERG_HTTP_DOCS: 'false' } })
  try {
    const statusOf = async (path: string) =>
      (await fetch(quiet.url + path, { headers: authorization(quiet.key) })).status
    const [asset] = await filesOf('/docs')
    for (const path of ['/openapi.json', '/docs', '/docs/swagger', '/docs/redoc'])
      expect(await statusOf(path), path).toBe(404)
    expect(await statusOf(new URL(asset ?? '').pathname)).toBe(404)
    expect(await statusOf('/errors/internal')).toBe(200)
  } finally {
    await quiet.stop()
  }
}, 30_000)

test.if(process.platform === 'linux')(
  'showing the pages again and again does not make the process grow',
  async () => {
    const load = async () => {
      for (const [path] of LISTS)
        for (const url of await filesOf(path))
          expect((await (await fetch(url)).bytes()).length).toBeGreaterThan(100)
    }
    for (let round = 0; round < 5; round++) await load()
    const before = residentMb(zerg.pid)
    // 110 MB of files.
    for (let round = 0; round < 15; round++) await load()
    expect(residentMb(zerg.pid) - before).toBeLessThan(40)
  },
  60_000,
)

async function filesOf(path: string): Promise<string[]> {
  const html = await (await fetch(`${zerg.url}${path}`)).text()
  return [...html.matchAll(/"(\/docs\/assets\/[^"]+)"/g)].map(([, file]) => `${zerg.url}${file}`)
}

function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

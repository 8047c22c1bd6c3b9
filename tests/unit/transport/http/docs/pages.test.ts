// The pages and their files over HTTP; tests/e2e/docs-pages looks at them in a browser.

import { expect, test } from 'bun:test'
import { makeDocument } from '#transport/http/docs/document.ts'
import { errorRoutes } from '#transport/http/docs/error-routes.ts'
import { docsRoutes } from '#transport/http/docs/routes.ts'
import { pipelineOver } from '../../../../support/http.ts'

const PAGES = ['/docs', '/docs/swagger', '/docs/redoc']

test('a file that no page loads is not found, whatever its name', async () => {
  const { http } = setup()
  for (const name of ['scalar.js', `scalar-${'0'.repeat(16)}.js`, '..%2f..%2fpackage.json', '%00'])
    expect((await http(`/docs/assets/${name}`)).status, name).toBe(404)
})

test('no page allows inline scripts, evaluated code, framing or another host', async () => {
  const { http } = setup()
  for (const path of PAGES) {
    const answer = await http(path)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; ")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*|blob:/)
    expect(await answer.text()).not.toMatch(/https?:|<script>| style="| on\w+="/)
  }
})

test('a nonce is never used twice, and the page that has one is not kept', async () => {
  const { http } = setup()
  const seen = new Set<string>()
  for (let round = 0; round < 5; round++) {
    const answer = await http('/docs')
    const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]
    expect(await answer.text()).toContain(`content="${nonce}"`)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    seen.add(nonce ?? '')
  }
  expect(seen.size).toBe(5)
})

test('every file that a page names is there, typed, and kept for good', async () => {
  const { http } = setup()
  for (const path of PAGES) {
    const html = await (await http(path)).text()
    const named = [...html.matchAll(/(?:src|href)="(\/docs\/assets\/[^"]+)"/g)].map(
      match => match[1],
    )
    expect(named.length).toBeGreaterThan(1)
    for (const url of named) {
      const answer = await http(url ?? '')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(answer.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/)
      expect((await answer.bytes()).length).toBeGreaterThan(100)
    }
  }
})

test('the document is made once, when first asked for, and has an ETag', async () => {
  const { http, made } = setup()
  expect(made()).toBe(0)
  const first = await http('/openapi.json')
  expect(first.headers.get('content-type')).toBe('application/json')
  expect(await first.json()).toMatchObject({ openapi: '3.1.1', info: { version: '1.2.3' } })

  const etag = first.headers.get('etag') ?? ''
  const again = await http('/openapi.json', { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
  expect(made()).toBe(1)
})

test('while draining, pages and files tell the client to leave', async () => {
  const { http, drain } = setup()
  const file = /src="([^"]+)"/.exec(await (await http('/docs')).text())?.[1] ?? ''
  drain()
  for (const path of [...PAGES, file, '/openapi.json'])
    expect((await http(path)).headers.get('connection'), path).toBe('close')
})

function setup() {
  let documents = 0
  const routes = docsRoutes({
    document: () => {
      documents++
      return makeDocument([errorRoutes(), routes], { version: '1.2.3' })
    },
  })
  const { handle, announceDrain } = pipelineOver(routes)
  return {
    http: (path: string, init: RequestInit = {}) =>
      handle(new Request(`http://zerg.test${path}`, init)),
    drain: announceDrain,
    made: () => documents,
  }
}

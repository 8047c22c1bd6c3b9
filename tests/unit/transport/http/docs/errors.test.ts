// The error reference over HTTP: what a problem's `type` leads to.

import { expect, test } from 'bun:test'
import { errorRoutes } from '#transport/http/docs/error-routes.ts'
import { ERROR_CODES } from '#lib/error-codes.ts'
import { httpOver } from '../../../../support/http.ts'

const BROWSER = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

test('an unknown code is a problem that names the nearest one', async () => {
  const answer = await setup()('/errors/task_not_fond')
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({
    code: 'error_code_not_found',
    detail: 'There is no error code `task_not_fond`. Did you mean `task_not_found`?',
  })
})

test('a name that objects have of their own is no code', async () => {
  expect((await setup()('/errors/constructor')).status).toBe(404)
})

test('a query parameter is refused', async () => {
  const answer = await setup()('/errors?status=404')
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'invalid_query' })
})

test('every code is listed, by status', async () => {
  const { data } = (await (await setup()('/errors')).json()) as { data: Told[] }
  expect(data.map(told => told.code).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted())
  expect(data.map(told => told.status)).toEqual(data.map(told => told.status).toSorted())
})

test('a code is told as it stands in the table', async () => {
  const answer = await setup()('/errors/database_busy')
  expect(await answer.json()).toEqual({ code: 'database_busy', ...ERROR_CODES.database_busy })
})

test('a copy that is still good is not sent again', async () => {
  const http = setup()
  const etag = (await http('/errors')).headers.get('etag') ?? ''
  const again = await http('/errors', { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
})

test('a browser gets a page whose policy allows no script and only its own style', async () => {
  for (const path of ['/errors', '/errors/version_mismatch']) {
    const answer = await setup()(path, BROWSER)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('vary')).toBe('accept')

    const html = await answer.text()
    const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? ''
    const hash = new Bun.CryptoHasher('sha256').update(style).digest('base64')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain(`style-src 'self' 'sha256-${hash}'`)
    expect(policy).not.toContain('unsafe')
    expect(html).not.toContain('<script')
    expect(html).toContain('version_mismatch')
  }
})

test('code in a text stands as code on the page, and its quotes cannot end an attribute', async () => {
  const html = await (await setup()('/errors/project_not_empty', BROWSER)).text()
  expect(html).toContain('<code>?tasks=delete</code>')
  expect(html).not.toContain('`')
})

type Told = { code: string; status: number }

const setup = () => httpOver(errorRoutes())

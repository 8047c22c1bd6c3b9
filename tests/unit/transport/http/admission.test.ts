import { describe, expect, test } from 'bun:test'
import { type Authenticate, type Identity, NOBODY } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import type { Rule } from '#lib/rule.ts'
import type { Scope } from '#lib/scope.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import { allow, deny } from '#platform/limits/decision.ts'
import { type Ask, type Limits, NO_LIMITS } from '#platform/limits/limits.ts'
import { createPolicy } from '#platform/limits/policy.ts'
import { OPEN, type RouteRule } from '#transport/http/access.ts'
import { createAdmission } from '#transport/http/admission.ts'
import { answerRead } from '#transport/http/answers.ts'
import { undocumented } from '#transport/http/docs/documented.ts'
import { callOf } from '#transport/http/exchange.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { httpOver } from '../../../support/http.ts'

describe('a request that shows no token', () => {
  test.each(['GET /ruled', 'GET /nothing/here', 'DELETE /ruled', 'HEAD /ruled', 'GET /open/x'])(
    'is not let in: %s',
    async line => {
      const [method = '', path = ''] = line.split(' ')
      const answer = await http(path, { method })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="zerg"')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    },
  )

  test('is let in where the route is open, as nobody', async () => {
    const answer = await http('/open')
    expect(await answer.json()).toEqual({ kind: 'anonymous', id: NOBODY })
  })

  test('may ask for the methods of a path', async () => {
    expect((await http('/ruled', { method: 'OPTIONS' })).status).toBe(204)
  })
})

describe('a token', () => {
  test('makes its bearer the caller', async () => {
    const answer = await http('/ruled', bearing('good'))
    expect(await answer.json()).toEqual({ kind: 'key', id: KEY.id })
  })

  test('that has to be looked up first is waited for', async () => {
    expect((await http('/ruled', bearing('slow'))).status).toBe(200)
  })

  test('that is not known is refused, and the challenge says so', async () => {
    const answer = await http('/ruled', bearing('bad'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="zerg", error="invalid_token"',
    )
    expect(await answer.json()).toMatchObject({ code: 'invalid_token' })
  })

  test('in the query string is refused, though it is good', async () => {
    const answer = await http('/ruled?access_token=good')
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'invalid_token' })
  })

  test('of another scheme is none', async () => {
    const answer = await http('/ruled', { headers: { authorization: 'Basic good' } })
    expect(await answer.json()).toMatchObject({ code: 'authentication_required' })
  })

  test('does not count on a route that asks for none', async () => {
    expect((await http('/open', bearing('bad'))).status).toBe(200)
  })

  test('without the scope of the rule is refused by the name of the scope', async () => {
    const answer = await http('/audited', bearing('good'))
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({
      code: 'insufficient_scope',
      detail: expect.stringContaining('audit:read'),
    })
  })

  test('of a key is refused where only a person may', async () => {
    expect((await http('/personal', bearing('good'))).status).toBe(403)
    expect((await http('/personal', bearing('person'))).status).toBe(200)
  })

  test('is shown what is not there', async () => {
    const [missing, wrong] = [
      await http('/nothing/here', bearing('good')),
      await http('/ruled', { ...bearing('good'), method: 'DELETE' }),
    ]
    expect([missing.status, wrong.status]).toEqual([404, 405])
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })
})

describe('a refusal', () => {
  test.each<[string, RequestInit, object]>([
    ['/ruled', {}, { action: 'things.read', after: { method: 'GET', route: '/ruled' } }],
    [
      '/audited',
      bearing('good'),
      { action: 'things.read', after: { method: 'GET', route: '/audited' } },
    ],
    ['/nothing', {}, { after: { method: 'GET', route: 'unmatched' } }],
  ])(
    'is left for the audit log, with the rule that was in the way: %s',
    async (path, init, about) => {
      const noted: unknown[] = []
      const refusals: Refusals = { note: (_, error, more) => void noted.push([error, more]) }
      await httpOver(routes, {
        admission: createAdmission({ authenticate, limits: NO_LIMITS }),
        refusals,
      })(path, init)
      expect(noted).toEqual([[expect.any(AppError), about]])
    },
  )
})

describe('the limits', () => {
  test('count the address of everybody, and whoever asks beside it', async () => {
    const { asked, http } = limited(() => true)
    await http('/open')
    await http('/ruled')
    await http('/ruled', { ...bearing('good'), method: 'HEAD' })
    await http('/nothing', { ...bearing('good'), method: 'POST' })
    const address: Ask = { scope: 'address', class: 'read', id: 'nowhere' }
    const caller: Ask = { scope: 'caller', class: 'read', id: KEY.id, roles: KEY.roles }
    expect(asked).toEqual([address, address, address, caller, address, caller])
  })

  test.each(['address', 'caller'])('refuse with 429 and say when to come back: %s', async scope => {
    const { http } = limited(ask => ask.scope !== scope)
    const answer = await http('/ruled', bearing('good'))
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('ratelimit-policy')).toBe('"few";q=5;w=60')
    expect(answer.headers.get('ratelimit')).toBe('"few";r=0;t=7')
    expect(await answer.json()).toMatchObject({ code: 'rate_limited' })
  })

  test('are asked before a token is looked at', async () => {
    const { http } = limited(() => false)
    expect((await http('/ruled', bearing('bad'))).status).toBe(429)
  })

  test('do not count what has none', async () => {
    const { asked, http } = limited(() => false)
    expect((await http('/unlimited')).status).toBe(200)
    expect(asked).toEqual([])
  })

  function limited(allows: (ask: Ask) => boolean) {
    const asked: Ask[] = []
    const policy = createPolicy('few', { limit: 5, windowMs: 60_000 })
    const limits: Limits = {
      check(ask) {
        asked.push(ask)
        return allows(ask)
          ? allow(policy, 4, 1_000)
          : deny(policy, { resetMs: 60_000, waitMs: 7_000 })
      },
    }
    return {
      asked,
      http: httpOver(routes, { admission: createAdmission({ authenticate, limits }) }),
    }
  }
})

test('a route that states no rule keeps the server from being made', () => {
  const routes = createRoutes('x', '').get('/x', async () => 'x', { detail: { hide: true } })
  expect(() => httpOver(routes)).toThrow('GET /x states no rule of who may call it.')
})

const KEY: Identity = {
  kind: 'key',
  id: '01900000-0000-7000-8000-00000000000b',
  userId: '01900000-0000-7000-8000-00000000000c',
  roles: ['user'],
  scopes: ['tasks:read'],
  sessionId: null,
}

const KNOWN: Readonly<Record<string, Identity>> = {
  good: KEY,
  person: { ...KEY, kind: 'user', id: KEY.userId, scopes: 'all' },
}

const authenticate: Authenticate = token => {
  if (token === 'slow') return Bun.sleep(1).then(() => KEY)
  const identity = KNOWN[token]
  if (!identity) throw new AppError('invalid_token', 'Not one of ours.')
  return identity
}

const bearing = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })

const ruleOf = (scope: Scope | null): Rule => ({
  action: 'things.read',
  scope,
  roles: [],
  relations: ['anyone'],
  says: 'Read a thing',
})

const stating = (rule: RouteRule) => ({ detail: undocumented({ rule }) })

const routes = createRoutes('admission', '')
  .get('/unlimited', async ({ request }) => answerCaller(request), {
    detail: undocumented({ rule: OPEN, limit: 'none' }),
  })
  .get('/open', async ({ request }) => answerCaller(request), stating(OPEN))
  .get('/ruled', async ({ request }) => answerCaller(request), stating(ruleOf('tasks:read')))
  .get('/audited', async ({ request }) => answerCaller(request), stating(ruleOf('audit:read')))
  .get('/personal', async ({ request }) => answerCaller(request), stating(ruleOf(null)))

function answerCaller(request: Request) {
  const { kind, id } = callOf(request).caller
  return answerRead(request, { kind, id })
}

const http = httpOver(routes, { admission: createAdmission({ authenticate, limits: NO_LIMITS }) })

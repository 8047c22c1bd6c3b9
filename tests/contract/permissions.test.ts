// The rules of who may do what agree with the doors that name them, and no door is open that should
// not be.

import { expect, test } from 'bun:test'
import type { Rule } from '#lib/rule.ts'
import { OPEN } from '#transport/http/access.ts'
import { documentedRoutes, documentedServices } from '../../src/document.ts'
import { doorwaysOf } from '../../src/doorways.ts'
import { permissions } from '../../src/permissions.ts'

const doorways = doorwaysOf(documentedRoutes(), documentedServices())
const rules: readonly Rule[] = permissions.flatMap(({ rules }) => Object.values(rules))

// The one list of what answers strangers. Whatever is added here is open to the world.
const OPEN_TO_ALL = new Set([
  'GET /health',
  'GET /ready',
  'GET /startup',
  'GET /errors',
  'GET /errors/:code',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/swagger',
  'GET /docs/redoc',
  'GET /docs/assets/:file',
  'GET /.well-known/jwks.json',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/register',
])

test('only what is on the list answers strangers', () => {
  const open = doorways.filter(({ rule }) => rule === OPEN).map(({ name }) => name)
  expect(open.filter(name => !OPEN_TO_ALL.has(name))).toEqual([])
})

test('every rule that a door names is on the page of permissions', () => {
  const unknown = doorways.filter(
    ({ rule }) => typeof rule !== 'string' && !rules.some(known => known === rule),
  )
  expect(unknown.map(({ name }) => name)).toEqual([])
})

test('an action has one rule', () => {
  const actions = rules.map(({ action }) => action)
  expect(actions).toEqual([...new Set(actions)])
})

test('an auditor changes nothing', () => {
  const changing = rules.filter(
    ({ scope, roles }) => scope?.endsWith(':write') && roles.includes('auditor'),
  )
  expect(changing.map(({ action }) => action)).toEqual([])
})

test('a GET asks for a scope to read, and whatever changes something for one to write', () => {
  const wrong = doorways.filter(({ door, name, rule }) => {
    if (door !== 'http' || typeof rule === 'string' || rule.scope === null) return false
    return rule.scope.endsWith(':read') !== name.startsWith('GET ')
  })
  expect(wrong.map(({ name }) => name)).toEqual([])
})

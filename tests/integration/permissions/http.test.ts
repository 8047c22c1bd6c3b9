// Every route, asked as every kind of caller, on real rows: what happens is what the rules say, and
// where it was refused nothing has changed.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { errorEntry, isErrorCode } from '#lib/error-codes.ts'
import type { Rule } from '#lib/rule.ts'
import { documentedRoutes } from '../../../src/document.ts'
import { doorwaysOf, OPEN, SIGNED_IN } from '../../../src/doorways.ts'
import { permissions } from '../../../src/permissions.ts'
import { expected, type Outcome } from '../../support/permissions/expectation.ts'
import {
  HTTP_RECIPES,
  type HttpRecipe,
  OPEN_PATHS,
} from '../../support/permissions/http-recipes.ts'
import { comeAs, kindsOf, type Who } from '../../support/permissions/who.ts'
import {
  createFingerprint,
  endWorlds,
  makeWorld,
  type World,
} from '../../support/permissions/world.ts'
import { openWholeApp, type WholeApp } from '../../support/whole-app.ts'

const doorways = doorwaysOf(documentedRoutes(), [])
const open = doorways.filter(({ rule }) => rule === OPEN)
const ruled = doorways.flatMap(({ name, rule }) =>
  typeof rule === 'string' ? [] : [{ name, rule }],
)

let app: WholeApp
let fingerprint: () => Promise<string>
beforeAll(async () => {
  app = await openWholeApp()
  fingerprint = await createFingerprint(app.database)
}, 60_000)
afterAll(async () => await app?.close(), 20_000)

test('the application has the routes that are gone through here, and no others', () => {
  const names = (from: typeof doorways) => from.map(({ name }) => name).toSorted()
  expect(names(doorwaysOf(app.routes, []))).toEqual(names(doorways))
})

test('every route has a recipe', () => {
  const without = ruled.filter(({ name }) => HTTP_RECIPES[name] === undefined)
  expect(without.map(({ name }) => name)).toEqual([])
})

test('every rule is gone through by some recipe', () => {
  const walked = new Set(
    ruled.flatMap(({ name, rule }) =>
      (HTTP_RECIPES[name] ?? []).map(recipe => recipe.rule ?? rule),
    ),
  )
  const rules: readonly Rule[] = permissions.flatMap(({ rules }) => Object.values(rules))
  expect(rules.filter(rule => !walked.has(rule)).map(({ action }) => action)).toEqual([])
})

describe.each(ruled)('$name', ({ name, rule: own }) => {
  const recipes = HTTP_RECIPES[name] ?? []
  test.each(recipes.map((recipe, index) => ({ recipe, number: index + 1 })))(
    'is answered as its rule says, way $number',
    async ({ recipe }) => {
      const asked = { ...recipe, rule: recipe.rule ?? own }
      const { database } = app
      await endWorlds(database)
      let world = await makeWorld(database)
      for (const kind of kindsOf(asked.subject, asked.rule)) {
        const who = await comeAs(kind, world, database)
        const wanted = expected(who, asked)
        const before = wanted === 'done' ? '' : await fingerprint()
        const told = await ask(name, recipe, { world, who })
        expect(`${who.name}: ${told}`).toBe(`${who.name}: ${toldOf(wanted)}`)
        if (wanted !== 'done') expect([who.name, await fingerprint()]).toEqual([who.name, before])
        else if (!name.startsWith('GET ')) world = await makeWorld(database)
      }
    },
    120_000,
  )
})

describe('whoever shows no token', () => {
  test.each(doorways.filter(({ rule }) => rule !== OPEN))('is let in nowhere: $name', async at => {
    const [method, template] = at.name.split(' ') as [string, string]
    const path = template.replaceAll(/:\w+/g, crypto.randomUUID())
    const answer = await app.http(path, { method })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="zerg"')
  })

  test.each(open)('is answered by what is open to all: $name', async ({ name }) => {
    const [method, template] = name.split(' ') as [string, string]
    const answer = await app.http(OPEN_PATHS[name] ?? template, { method })
    expect([401, 403]).not.toContain(answer.status)
    expect(answer.status).toBeLessThan(500)
  })

  test('learns of no path whether it is there', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1/tasks/', '/nothing'])
      expect((await app.http(path)).status).toBe(401)
  })
})

async function ask(name: string, recipe: HttpRecipe, place: { world: World; who: Who }) {
  const method = name.split(' ')[0]!
  const body = recipe.body?.(place)
  const { token } = place.who
  const answer = await app.http(recipe.path(place), {
    method,
    headers: {
      ...recipe.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const content: unknown = answer.status === 204 ? undefined : await answer.json()
  if (answer.status >= 400) return `${answer.status} ${codeIn(content)}`
  if (!recipe.shows) return 'done'
  return recipe.shows(content, place.world) ? 'done' : 'unlisted'
}

const toldOf = (wanted: Outcome): string =>
  isErrorCode(wanted) ? `${errorEntry(wanted).status} ${wanted}` : wanted

const codeIn = (problem: unknown): string =>
  typeof problem === 'object' && problem !== null && 'code' in problem ? String(problem.code) : ''

// What needs a token and nothing else has no rule that could be compared.
test('a route asks for more than being signed in', () => {
  expect(doorways.filter(({ rule }) => rule === SIGNED_IN)).toEqual([])
})

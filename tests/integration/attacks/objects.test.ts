// What is somebody else's, asked for by name over HTTP: whoever may not see it learns not even whether
// it is there, and what they hold of it (a cursor, an idempotency key, a session's id) is of no use.
// The same over gRPC: tests/integration/grpc/others-rows.test.ts.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { encodeCursor } from '#lib/cursor.ts'
import { newId } from '#lib/id.ts'
import { SCOPES } from '#lib/scope.ts'
import { entryIdOf } from '#platform/audit/entry-id.ts'
import { documentedRoutes } from '../../../src/document.ts'
import { doorwaysOf } from '../../../src/doorways.ts'
import { expected } from '../../support/permissions/expectation.ts'
import { HTTP_RECIPES, type HttpRecipe } from '../../support/permissions/http-recipes.ts'
import { comeAs, kindsOf, type Who } from '../../support/permissions/who.ts'
import {
  createFingerprint,
  endWorlds,
  makeWorld,
  type World,
} from '../../support/permissions/world.ts'
import { openWholeApp, type WholeApp } from '../../support/whole-app.ts'

let app: WholeApp
let world: World
let fingerprint: () => Promise<string>
beforeAll(async () => {
  app = await openWholeApp()
  fingerprint = await createFingerprint(app.database)
}, 60_000)
beforeEach(async () => {
  await endWorlds(app.database)
  world = await makeWorld(app.database)
})
afterAll(async () => await app?.close(), 20_000)

const hiding = doorwaysOf(documentedRoutes(), []).flatMap(({ name, rule }) =>
  typeof rule === 'string'
    ? []
    : (HTTP_RECIPES[name] ?? [])
        .filter(recipe => recipe.hidden !== undefined)
        .map((recipe, index) => ({
          name,
          way: index + 1,
          recipe,
          asked: { ...recipe, rule: recipe.rule ?? rule },
        })),
)

describe('what is there and somebody else’s is not told from what is not there', () => {
  test.each(hiding)(
    '$name, way $way',
    async ({ name, recipe, asked }) => {
      const nowhere = emptied(world)
      let compared = 0
      for (const kind of kindsOf(asked.subject, asked.rule)) {
        const who = await comeAs(kind, world, app.database)
        if (expected(who, asked) !== asked.hidden) continue
        compared++
        const before = await fingerprint()
        const told = await ask(name, recipe, { world, who })
        const untold = await ask(name, recipe, { world: nowhere, who })
        expect([who.name, told]).toEqual([who.name, untold])
        expect([who.name, await fingerprint()]).toEqual([who.name, before])
      }
      expect(compared).toBeGreaterThan(0)
    },
    60_000,
  )
})

describe('where somebody else’s page ended', () => {
  // What each list is sorted by where nothing else is asked for.
  const lists = ['/tasks', '/projects', '/keys', '/users', '/audit', '/me/sessions']

  test.each(lists)('shows nobody more of %s than they see without it', async path => {
    const admin = await signedInAs('admin')
    await createFor(admin, 2)
    const { next_cursor } = await content(await get(admin, `${path}?limit=1`))
    const stranger = await signedInAs('stranger')
    const mine = await createFor(stranger, 2)
    const list = await get(stranger, `${path}?limit=200`)
    const cursors =
      typeof next_cursor === 'string' ? [next_cursor, elsewhere(next_cursor)] : [atNothing()]
    for (const cursor of cursors) {
      const answer = await get(stranger, `${path}?limit=200&cursor=${encodeURIComponent(cursor)}`)
      const text = await answer.text()
      if (list.status !== 200) expect(answer.status).toBe(list.status)
      for (const id of namesIn(world)) expect(text).not.toContain(id)
      const ids = [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id!)
      const own = new Set([...mine, world.sessions.stranger, world.people.stranger])
      expect(ids.filter(id => !own.has(id))).toEqual([])
    }
  })

  test('is the same to them as a place where there is nothing', async () => {
    const admin = await signedInAs('admin')
    const stranger = await signedInAs('stranger')
    await createFor(admin, 2)
    const { next_cursor } = await content(await get(admin, '/tasks?limit=1'))
    const real = await get(stranger, `/tasks?cursor=${String(next_cursor)}`)
    const made = await get(stranger, `/tasks?cursor=${elsewhere(String(next_cursor))}`)
    expect(await made.text()).toBe(await real.text())
    expect(made.status).toBe(real.status)
  })

  test('of a project that is not theirs is as good as none', async () => {
    const stranger = await signedInAs('stranger')
    const owner = await signedInAs('project_owner')
    const path = (project: string) => `/projects/${project}/tasks`
    const { next_cursor } = await content(await get(owner, `${path(world.project)}?limit=1`))
    const cursor = `?cursor=${String(next_cursor ?? atNothing())}`
    const [real, none] = [
      await get(stranger, path(world.project) + cursor),
      await get(stranger, path(newId()) + cursor),
    ]
    expect(real.status).toBe(404)
    expect((await content(real))['code']).toBe((await content(none))['code'])
  })
})

describe('an idempotency key that somebody else has used', () => {
  const creations = [
    { path: '/tasks', given: { title: 'Theirs' }, other: { title: 'Another' } },
    { path: '/projects', given: { name: 'Theirs' }, other: { name: 'Another' } },
  ]

  test.each(creations)('tells nothing on $path, with the same body or another', async of => {
    const owner = await signedInAs('task_owner')
    const key = newId()
    const first = await post(owner, { path: of.path, given: of.given, key })
    expect(first.status).toBe(201)
    const { id } = await content(first)
    for (const person of ['stranger', 'admin', 'auditor', 'assignee'] as const)
      for (const given of [of.given, of.other]) {
        // One key stands for one body of each caller.
        const who = given === of.given ? await signedInAs(person) : await keyOf(person)
        const answer = await post(who, { path: of.path, given, key })
        expect([person, answer.status]).toEqual([person, 201])
        expect(answer.headers.get('idempotency-replayed')).toBeNull()
        expect((await content(answer))['id']).not.toBe(id)
      }
    const again = await post(owner, { path: of.path, given: of.given, key })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await content(again))['id']).toBe(id)
  })

  test('is no other on a route that shows a secret, which refuses them all', async () => {
    const stranger = await signedInAs('stranger')
    const given = { name: 'Mine', scopes: ['tasks:read'] }
    const answer = await post(stranger, { path: '/keys', given, key: newId() })
    expect(answer.status).toBe(400)
    expect((await content(answer))['code']).toBe('invalid_header')
  })
})

// The same rows, but for those that are asked for by name.
function emptied(world: World): World {
  const none = (ids: World['sessions']) =>
    Object.fromEntries(Object.keys(ids).map(person => [person, newId()])) as World['sessions']
  return {
    people: none(world.people),
    sessions: none(world.sessions),
    project: newId(),
    task: newId(),
    key: newId(),
    entry: entryIdOf({ atMs: Date.now(), seq: 9_000_000 }),
  }
}

type Place = { world: World; who: Who }

// All that is answered, with what was asked for left out of it.
async function ask(name: string, recipe: HttpRecipe, { world, who }: Place) {
  const body = recipe.body?.({ world, who })
  const path = recipe.path({ world, who })
  const answer = await app.http(path, {
    method: name.split(' ')[0]!,
    headers: {
      ...recipe.headers,
      ...(who.token !== undefined && { authorization: `Bearer ${who.token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { instance, request_id: _, ...problem } = await content(answer)
  expect(instance).toBe(path.split('?')[0])
  const names = [...answer.headers.keys()].toSorted()
  return { status: answer.status, names, problem: withoutIds(JSON.stringify(problem)) }
}

const withoutIds = (text: string) =>
  text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id')

const content = async (answer: Response) => (await answer.json()) as Record<string, unknown>

const signedInAs = (person: NonNullable<Who['person']>) =>
  comeAs({ name: person, person }, world, app.database)

const keyOf = (person: NonNullable<Who['person']>) =>
  comeAs({ name: person, person, scopes: SCOPES }, world, app.database)

const get = ({ token }: Who, path: string) =>
  app.http(`/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })

type Posted = { path: string; given: unknown; key?: string }

const post = ({ token }: Who, { path, given, key }: Posted) =>
  app.http(`/api/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(given),
  })

/** Tasks, projects and keys of their own, so that every list of theirs has something; their ids. */
async function createFor(who: Who, each: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < each; made++)
    for (const [path, given] of [
      ['/tasks', { title: 'Own' }],
      ['/projects', { name: `Own ${newId()}` }],
      ['/keys', { name: 'Own', scopes: ['tasks:read'] }],
    ] as const) {
      const answer = await post(who, { path, given })
      expect([path, answer.status]).toEqual([path, 201])
      ids.push(...[...(await answer.text()).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id!))
    }
  return ids
}

// The same position, of a row that is not there.
function elsewhere(cursor: string): string {
  const [version, order, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
  return Buffer.from(JSON.stringify([version, order, key, newId()])).toString('base64url')
}

const atNothing = () =>
  encodeCursor('-created_at', { key: '2026-01-01T00:00:00.000Z', id: newId() })

const namesIn = ({ people, sessions, ...rest }: World) => [
  ...Object.entries({ ...people })
    .filter(([person]) => person !== 'stranger')
    .map(([, id]) => id),
  ...Object.entries(sessions)
    .filter(([person]) => person !== 'stranger')
    .map(([, id]) => id),
  ...Object.values(rest),
]

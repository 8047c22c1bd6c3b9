// Users as administrators manage them and as they see themselves, on every kind of database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OPERATOR, type Role } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'
import {
  entriesOf,
  insertPerson,
  type Instance,
  openInstance,
  PASSWORD,
} from '../../support/auth-instances.ts'

const USERS = '/api/v1/users'

describe.each(databases)('on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database
  let zerg: Instance
  let admin: { id: string; token: string }
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    zerg = await openInstance(database)
    admin = await signedIn(['admin'])
  }, 60_000)
  afterAll(async () => {
    await zerg?.close()
    await opened?.close()
  })

  async function signedIn(roles: readonly Role[]) {
    const person = await insertPerson(database, { roles })
    const { body } = await zerg.login(person.email)
    return { ...person, token: body.access_token as string }
  }
  const create = (body: object, token = admin.token) => zerg.send(`POST ${USERS}`, { token, body })
  const address = () => `somebody-${newId()}@example.com`

  describe('creating', () => {
    test('makes somebody who can sign in, by an address in any case', async () => {
      const email = address()
      const created = await create({
        email: email.toUpperCase(),
        name: 'Ada',
        roles: ['auditor'],
        password: PASSWORD,
      })
      expect(created.status).toBe(201)
      expect(created.headers.get('location')).toBe(`${USERS}/${created.body.id}`)
      expect(created.body).toEqual({
        id: created.body.id,
        email,
        name: 'Ada',
        roles: ['auditor'],
        is_active: true,
        last_login_at: null,
        version: 1,
        created_at: created.body.created_at,
        updated_at: created.body.created_at,
      })
      expect((await zerg.login(email)).status).toBe(200)
      const [entry] = await entriesOf(database, created.body.id)
      expect(entry).toMatchObject({ action: 'users.create', after: { email, roles: ['auditor'] } })
    })

    test('takes an address once, whatever its case, also when two ask at once', async () => {
      const email = address()
      const answers = await Promise.all([
        create({ email, name: 'One' }),
        create({ email: email.toUpperCase(), name: 'Two' }),
      ])
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409])
      const taken = answers.find(({ status }) => status === 409)
      expect(taken?.body).toMatchObject({ code: 'email_taken', errors: [{ pointer: '/email' }] })
    })

    test('without an address or a password makes a service', async () => {
      const { status, body } = await create({ name: 'Nightly import' })
      expect([status, body.email, body.roles]).toEqual([201, null, ['user']])
    })

    test.each<[string, object, string]>([
      ['a short password', { password: 'short' }, '/password'],
      ['a password that everybody tries', { password: 'Password1234!' }, '/password'],
      ['a password of the name', { name: 'Zebediah', password: 'zebediah-zebediah' }, '/password'],
      ['no address', { email: 'nobody' }, '/email'],
      ['an address that turns round', { email: 'a\u202Eb@example.com' }, '/email'],
      ['a role that is none', { roles: ['root'] }, '/roles'],
      ['no role', { roles: [] }, '/roles'],
      ['the same role twice', { roles: ['user', 'user'] }, '/roles'],
      ['a hash of one’s own', { password_hash: 'x' }, '/password_hash'],
    ])('refuses %s', async (_, given, pointer) => {
      const { status, body } = await create({ name: 'Somebody', email: address(), ...given })
      expect([status, body.errors[0].pointer]).toEqual([422, pointer])
    })

    test('sent again under one key makes one user, whatever password it had', async () => {
      const body = { name: 'Once', email: address(), password: PASSWORD }
      const headers = { 'idempotency-key': newId() }
      const of = { token: admin.token, body, headers }
      const [first, second] = [
        await zerg.send(`POST ${USERS}`, of),
        await zerg.send(`POST ${USERS}`, of),
      ]
      expect([first.status, second.status]).toEqual([201, 201])
      expect(second.body.id).toBe(first.body.id)
    })
  })

  describe('a plain user', () => {
    test('sees themselves and nobody else', async () => {
      const { id, token } = await signedIn(['user'])
      const list = await zerg.send(`GET ${USERS}`, { token })
      expect(list.body.data.map((user: { id: string }) => user.id)).toEqual([id])
      const filtered = await zerg.send(`GET ${USERS}?role=admin`, { token })
      expect(filtered.body.data).toEqual([])
      expect((await zerg.send(`GET ${USERS}/${id}`, { token })).status).toBe(200)
      const other = await zerg.send(`GET ${USERS}/${admin.id}`, { token })
      const nobody = await zerg.send(`GET ${USERS}/${newId()}`, { token })
      expect([other.status, nobody.status]).toEqual([404, 404])
      expect(other.body.detail).toBe(nobody.body.detail)
    })

    test('manages nobody: not others, whom they do not see, nor themselves', async () => {
      const { id, token } = await signedIn(['user'])
      const body = { roles: ['admin'] }
      const statuses = [
        await create({ name: 'Somebody' }, token),
        await zerg.send(`PATCH ${USERS}/${id}`, { token, body }),
        await zerg.send(`DELETE ${USERS}/${id}`, { token }),
        await zerg.send(`PATCH ${USERS}/${admin.id}`, { token, body }),
        await zerg.send(`DELETE ${USERS}/${admin.id}`, { token }),
      ].map(({ status }) => status)
      expect(statuses).toEqual([403, 403, 403, 404, 404])
    })

    test('changes their own name, and nothing else of themselves', async () => {
      const { token } = await signedIn(['user'])
      const change = (body: object, headers = {}) =>
        zerg.send('PATCH /api/v1/me', { token, body, headers })
      expect((await change({ name: 'New' }, { 'if-match': '"7"' })).status).toBe(412)
      const { status, headers, body } = await change({ name: 'New' }, { 'if-match': '"1"' })
      expect([status, headers.get('etag'), body.name]).toEqual([200, '"2"', 'New'])
      for (const given of [{ roles: ['admin'] }, { email: address() }, { is_active: false }])
        expect((await change(given)).status).toBe(422)
    })
  })

  test('an auditor reads everybody and changes nobody', async () => {
    const { token } = await signedIn(['auditor'])
    expect((await zerg.send(`GET ${USERS}/${admin.id}`, { token })).status).toBe(200)
    expect(
      (await zerg.send(`GET ${USERS}?role=admin`, { token })).body.data.length,
    ).toBeGreaterThan(0)
    const body = { name: 'Other' }
    expect((await zerg.send(`PATCH ${USERS}/${admin.id}`, { token, body })).status).toBe(403)
  })

  test('a list is followed page by page, in a total order, by each of its filters', async () => {
    const ids: string[] = []
    for (let at = 0; at < 5; at++) ids.push((await create({ name: `Page ${at}` })).body.id)
    for (const query of ['sort=created_at', 'sort=-created_at', 'is_active=true', 'role=user']) {
      const seen: string[] = []
      let path: string | undefined = `${USERS}?${query}&limit=3`
      while (path !== undefined) {
        const { body, headers } = await zerg.send(`GET ${path}`, { token: admin.token })
        seen.push(...body.data.map((user: { id: string }) => user.id))
        path = /<([^>]+)>/.exec(headers.get('link') ?? '')?.[1]
      }
      expect(new Set(seen).size).toBe(seen.length)
      for (const id of ids) expect(seen).toContain(id)
    }
    const [some] = ids
    const { body } = await zerg.send(`GET ${USERS}?email=${address()}`, { token: admin.token })
    expect(body.data).toEqual([])
    expect(some).toBeDefined()
  })

  describe('changing', () => {
    test('needs the present version where one is named, and leaves an entry', async () => {
      const { id } = await insertPerson(database)
      const change = (body: object, headers = {}) =>
        zerg.send(`PATCH ${USERS}/${id}`, { token: admin.token, body, headers })
      expect((await change({ name: 'A' }, { 'if-match': '"9"' })).body.code).toBe(
        'version_mismatch',
      )
      expect((await change({ name: 'A', version: 9 })).status).toBe(412)
      const { body } = await change({ roles: ['user', 'auditor'] }, { 'if-match': '"1"' })
      expect([body.version, body.roles]).toEqual([2, ['user', 'auditor']])
      expect((await change({})).body.version).toBe(2)
      expect((await entriesOf(database, id)).map(({ action }) => action)).toEqual(['users.change'])
    })

    test('sets a new password, of which the log says only that', async () => {
      const { id, email } = await insertPerson(database)
      const body = { password: 'seven green lanterns' }
      await zerg.send(`PATCH ${USERS}/${id}`, { token: admin.token, body })
      expect((await zerg.login(email)).status).toBe(401)
      expect((await zerg.login(email, body)).status).toBe(200)
      const entries = JSON.stringify(await entriesOf(database, id))
      expect(entries).toContain('[masked]')
      expect(entries).not.toContain('lanterns')
      expect(entries).not.toContain('argon2')
    })

    test('to an address that somebody has is refused, and changes nothing', async () => {
      const [one, two] = [await insertPerson(database), await insertPerson(database)]
      const body = { email: two.email, name: 'Changed' }
      const { status } = await zerg.send(`PATCH ${USERS}/${one.id}`, { token: admin.token, body })
      expect(status).toBe(409)
      const read = await zerg.send(`GET ${USERS}/${one.id}`, { token: admin.token })
      expect([read.body.email, read.body.version]).toEqual([one.email, 1])
    })
  })

  describe('removing', () => {
    test('takes away a user to whom nothing belongs', async () => {
      const { id } = await insertPerson(database)
      expect((await zerg.send(`DELETE ${USERS}/${id}`, { token: admin.token })).status).toBe(204)
      expect((await zerg.send(`GET ${USERS}/${id}`, { token: admin.token })).status).toBe(404)
      expect((await entriesOf(database, id)).map(({ action }) => action)).toEqual(['users.remove'])
    })

    test('disables one to whom something belongs', async () => {
      const { id, email } = await insertPerson(database)
      await run(
        database,
        `insert into projects (id, name, owner_id) values (gen_random_uuid(), 'Kept', $1)`,
        id,
      )
      const { status, body } = await zerg.send(`DELETE ${USERS}/${id}`, { token: admin.token })
      expect([status, body.is_active]).toEqual([200, false])
      expect((await zerg.login(email)).status).toBe(401)
    })
  })

  describe('registering', () => {
    const register = (by: Instance, email: string) =>
      by.send('POST /api/v1/auth/register', { body: { email, name: 'New', password: PASSWORD } })

    test('is refused unless it is switched on', async () => {
      const { status, body } = await register(zerg, address())
      expect([status, body.code]).toEqual([403, 'registration_closed'])
    })

    test('makes a plain user where it is', async () => {
      const open = await openInstance(database, { isRegistrationOpen: true })
      try {
        const email = address()
        const { status, body } = await register(open, email)
        expect([status, body.roles]).toEqual([201, ['user']])
        expect((await register(open, email)).status).toBe(409)
        expect((await open.login(email)).status).toBe(200)
        const given = { email: address(), name: 'N', password: PASSWORD, roles: ['admin'] }
        const greedy = await open.send('POST /api/v1/auth/register', { body: given })
        expect(greedy.status).toBe(422)
      } finally {
        await open.close()
      }
    })
  })
})

describe.each(databases)('administrators on $name', ({ open }) => {
  let opened: OpenedDatabase
  let zerg: Instance
  beforeAll(async () => {
    opened = await open()
    zerg = await openInstance(opened.database)
  }, 60_000)
  afterAll(async () => {
    await zerg?.close()
    await opened?.close()
  })

  const admins = async (count: number) => {
    await run(
      opened.database,
      `update users set roles = '{user}' where $1::uuid is not null`,
      newId(),
    )
    const made = []
    for (let at = 0; at < count; at++) {
      const person = await insertPerson(opened.database, { roles: ['admin'] })
      const { body } = await zerg.login(person.email)
      made.push({ ...person, token: body.access_token as string })
    }
    return made
  }

  test('none of them locks themselves out', async () => {
    const [one] = await admins(2)
    const [path, token] = [`${USERS}/${one!.id}`, one!.token]
    const statuses = [
      await zerg.send(`PATCH ${path}`, { token, body: { roles: ['user'] } }),
      await zerg.send(`PATCH ${path}`, { token, body: { is_active: false } }),
      await zerg.send(`DELETE ${path}`, { token }),
    ].map(({ status }) => status)
    expect(statuses).toEqual([403, 403, 403])
    const renamed = await zerg.send(`PATCH ${path}`, { token, body: { name: 'Still admin' } })
    expect(renamed.status).toBe(200)
  })

  // Somebody who is beside the users, such as the command line, could otherwise leave none.
  test('the last active one stays, whoever asks', async () => {
    const [last] = await admins(1)
    await insertPerson(opened.database, { roles: ['admin'] })
    await run(
      opened.database,
      `update users set is_active = false where 'admin' = any (roles) and id <> $1`,
      last!.id,
    )
    const call = operator()
    for (const work of [
      () => zerg.users.change(call, last!.id, { roles: ['user', 'auditor'] }),
      () => zerg.users.change(call, last!.id, { is_active: false }),
      () => zerg.users.remove(call, last!.id),
    ])
      expect(await work().catch((error: unknown) => error)).toMatchObject({ code: 'last_admin' })
  })

  test('of two who take the role from one another at once, one keeps it', async () => {
    for (const how of [{ roles: ['user'] }, { is_active: false }]) {
      const [one, two] = await admins(2)
      const answers = await Promise.all([
        zerg.send(`PATCH ${USERS}/${two!.id}`, { token: one!.token, body: how }),
        zerg.send(`PATCH ${USERS}/${one!.id}`, { token: two!.token, body: how }),
      ])
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const [left] = await run(
        opened.database,
        `select count(*)::integer as count from users
         where 'admin' = any (roles) and is_active and $1::uuid is not null`,
        newId(),
      )
      expect(left).toEqual({ count: 1 })
    }
  })
})

const operator = () => ({
  caller: {
    ...OPERATOR,
    via: 'cli' as const,
    address: null,
    requestId: 'test',
    traceId: null,
  },
  signal: AbortSignal.timeout(10_000),
  deadlineAtMs: Infinity,
})

const run = async (database: Database, text: string, value: string) => [
  ...(await database
    .on(AbortSignal.timeout(10_000))
    .run(sql => sql.unsafe<object[]>(text, [value]))),
]

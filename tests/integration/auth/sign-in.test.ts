// Signing in, staying signed in and out, on every kind of database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import {
  actionsIn,
  entriesOf,
  insertPerson,
  type Instance,
  openInstance,
  PASSWORD,
} from '../../support/auth-instances.ts'

describe.each(databases)('on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database
  let zerg: Instance
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    zerg = await openInstance(database)
  }, 60_000)
  afterAll(async () => {
    await zerg?.close()
    await opened?.close()
  })

  const signedIn = async () => {
    const person = await insertPerson(database)
    const { body } = await zerg.login(person.email)
    return { ...person, ...(body as { access_token: string; refresh_token: string }) }
  }
  const refresh = (refresh_token: string) =>
    zerg.send('POST /api/v1/auth/refresh', { body: { refresh_token } })

  describe('a sign-in', () => {
    test('with a wrong password, and one of nobody, are refused with the same words', async () => {
      const { email } = await insertPerson(database)
      const wrong = await zerg.login(email, { password: 'not the password' })
      const nobody = await zerg.login(`nobody-${newId()}@example.com`)
      expect(wrong.status).toBe(401)
      expect(wrong.body.code).toBe('invalid_credentials')
      const said = ({ body: { request_id: _, ...problem } }: typeof wrong) => problem
      expect(said(nobody)).toEqual(said(wrong))
      expect([...nobody.headers.keys()]).toEqual([...wrong.headers.keys()])
    })

    test('of a disabled user, and of one without a password, is refused just so', async () => {
      const disabled = await insertPerson(database)
      await run(database, disabled.id, 'update users set is_active = false where id = $1')
      const service = await insertPerson(database, { hash: null })
      for (const { email } of [disabled, service])
        expect((await zerg.login(email)).body.code).toBe('invalid_credentials')
    })

    test('gives tokens that nobody keeps, and is remembered', async () => {
      const { id, email } = await insertPerson(database)
      const { status, headers, body } = await zerg.login(email.toUpperCase())
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, user_id: id })
      const me = await zerg.send('GET /api/v1/me', { token: body.access_token })
      expect(me.body).toMatchObject({ id, email, roles: ['user'] })
      expect(Date.parse(me.body.last_login_at)).toBeGreaterThan(Date.now() - 60_000)
    })

    test('and a refusal leave an entry each, without the password', async () => {
      const { id, email } = await insertPerson(database)
      const refused = await zerg.login(email, { password: 'a mistake of mine' })
      await zerg.login(email)
      const entries = await eventually(async () => {
        const found = await entriesOf(database, id)
        expect(found).toHaveLength(2)
        return found
      })
      expect(entries.map(({ action, outcome }) => [action, outcome]).toSorted()).toEqual([
        ['auth.login', 'done'],
        ['auth.login', 'refused'],
      ])
      expect(JSON.stringify(entries)).not.toContain('mistake')
      const requestId = refused.headers.get('x-request-id')
      expect(await actionsIn(database, requestId)).toEqual(['auth.login'])
    })

    test('makes an old hash into one of today', async () => {
      const hash = await Bun.password.hash(PASSWORD, {
        algorithm: 'argon2id',
        memoryCost: 4_096,
        timeCost: 1,
      })
      const { id, email } = await insertPerson(database, { hash })
      expect((await zerg.login(email)).status).toBe(200)
      expect(await hashOf(database, id)).toContain('m=19456,t=2')
      expect((await zerg.login(email)).status).toBe(200)
    })

    test('beyond the most sessions ends the one that was refreshed longest ago', async () => {
      const few = await openInstance(database, { settings: { sessionsMax: 2 } })
      try {
        const { email } = await insertPerson(database)
        const [first, second, third] = [
          await few.login(email),
          await few.login(email),
          await few.login(email),
        ]
        const states = [first, second, third].map(({ body }) =>
          few.send('POST /api/v1/auth/refresh', { body: { refresh_token: body.refresh_token } }),
        )
        expect((await Promise.all(states)).map(({ status }) => status)).toEqual([401, 200, 200])
      } finally {
        await few.close()
      }
    })
  })

  describe('a refresh token', () => {
    test('is exchanged for others, and the access token is good', async () => {
      const { refresh_token, id } = await signedIn()
      const { status, headers, body } = await refresh(refresh_token)
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(body.refresh_token).not.toBe(refresh_token)
      const me = await zerg.send('GET /api/v1/me', { token: body.access_token })
      expect(me.body.id).toBe(id)
    })

    test('that is made up, cut, or an access token is refused', async () => {
      const { refresh_token, access_token } = await signedIn()
      const others = [
        'zerg_rt_',
        refresh_token.slice(0, -1),
        `${refresh_token}A`,
        `zerg_rt_${'A'.repeat(86)}`,
        access_token.slice(0, 200),
      ]
      for (const token of others) {
        const { status, body } = await refresh(token)
        expect([token, status, body.code]).toEqual([token, 401, 'invalid_token'])
      }
      expect((await refresh(refresh_token)).status).toBe(200)
    })

    test('does not let anybody in as a bearer token', async () => {
      const { refresh_token } = await signedIn()
      const { status } = await zerg.send('GET /api/v1/me', { token: refresh_token })
      expect(status).toBe(401)
    })

    // A lost answer must not cost a client its session.
    test('asked again at once gets the same successor, as long as that was not used', async () => {
      const { refresh_token } = await signedIn()
      const first = await refresh(refresh_token)
      const again = await refresh(refresh_token)
      expect(again.body.refresh_token).toBe(first.body.refresh_token)
      expect((await refresh(first.body.refresh_token)).status).toBe(200)
    })

    test('that comes again after its successor was used ends the whole family', async () => {
      const { refresh_token: stolen, access_token } = await signedIn()
      const next = await refresh(stolen)
      const last = await refresh(next.body.refresh_token)
      const reused = await refresh(stolen)
      expect([reused.status, reused.body.code]).toEqual([401, 'invalid_token'])
      expect((await refresh(last.body.refresh_token)).status).toBe(401)
      for (const token of [access_token, last.body.access_token])
        expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(401)
      const entries = await entriesOf(database, last.body.session_id)
      expect(entries).toContainEqual(
        expect.objectContaining({ action: 'auth.refresh', outcome: 'refused' }),
      )
    })

    test('that comes again after a while ends the family, although its successor is unused', async () => {
      const { refresh_token } = await signedIn()
      const next = await refresh(refresh_token)
      await run(
        database,
        next.body.session_id,
        `update sessions set rotated_at = now() - interval '61 seconds' where id = $1`,
      )
      expect((await refresh(refresh_token)).status).toBe(401)
      expect((await refresh(next.body.refresh_token)).status).toBe(401)
    })

    test('that many show at once has one successor', async () => {
      const { refresh_token } = await signedIn()
      const answers = await Promise.all(Array.from({ length: 30 }, () => refresh(refresh_token)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
    })

    test('of a session whose time is over, or of a disabled user, is refused', async () => {
      const late = await signedIn()
      await run(database, late.id, `update sessions set expires_at = now() where user_id = $1`)
      const disabled = await signedIn()
      await run(database, disabled.id, 'update users set is_active = false where id = $1')
      for (const { refresh_token } of [late, disabled])
        expect((await refresh(refresh_token)).status).toBe(401)
    })

    test('survives another master secret while the one before is known', async () => {
      const { refresh_token } = await signedIn()
      const first = await refresh(refresh_token)
      const changed = await openInstance(database, {
        secret: 'another master secret for tests alone',
        secretPrevious: 'a master secret for tests, and for nothing else',
      })
      try {
        const again = await changed.send('POST /api/v1/auth/refresh', { body: { refresh_token } })
        expect(again.body.refresh_token).toBe(first.body.refresh_token)
        const token = first.body.access_token
        expect((await changed.send('GET /api/v1/me', { token })).status).toBe(200)
      } finally {
        await changed.close()
      }
    })
  })

  describe('signing out', () => {
    test('ends the session at once, and no other', async () => {
      const { email, access_token: token, refresh_token } = await signedIn()
      const other = await zerg.login(email)
      expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(200)
      expect((await zerg.send('POST /api/v1/auth/logout', { token })).status).toBe(204)
      expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(401)
      expect((await refresh(refresh_token)).status).toBe(401)
      const still = await zerg.send('GET /api/v1/me', { token: other.body.access_token })
      expect(still.status).toBe(200)
    })
  })

  describe('sessions', () => {
    test('are listed with the one that asks, and somebody else’s cannot be ended', async () => {
      const { email, access_token: token } = await signedIn()
      const other = await zerg.login(email, { address: '2001:db8::7' })
      const { body, headers } = await zerg.send('GET /api/v1/me/sessions', { token })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body.data).toHaveLength(2)
      expect(body.data[0]).toMatchObject({ id: other.body.session_id, address: '2001:db8::7' })
      expect(body.data.map((session: { is_current: boolean }) => session.is_current)).toEqual([
        false,
        true,
      ])
      const stranger = await signedIn()
      const path = `DELETE /api/v1/me/sessions/${other.body.session_id}`
      const refused = await zerg.send(path, { token: stranger.access_token })
      expect([refused.status, refused.body.code]).toEqual([404, 'session_not_found'])
      expect((await zerg.send(path, { token })).status).toBe(204)
      const gone = await zerg.send('GET /api/v1/me', { token: other.body.access_token })
      expect(gone.status).toBe(401)
    })

    test('are ended all but the one that asks', async () => {
      const { email, access_token: token } = await signedIn()
      const other = await zerg.login(email)
      expect((await zerg.send('DELETE /api/v1/me/sessions', { token })).status).toBe(204)
      const left = await zerg.send('GET /api/v1/me/sessions', { token })
      expect(left.body.data).toMatchObject([{ is_current: true }])
      expect((await refresh(other.body.refresh_token)).status).toBe(401)
    })
  })

  describe('a password', () => {
    const change = (token: string, current_password: string, new_password: string) =>
      zerg.send('POST /api/v1/me/password', { token, body: { current_password, new_password } })

    test('is not changed without the one before, nor to one that is guessed first', async () => {
      const { email, access_token: token } = await signedIn()
      const wrong = await change(token, 'not the password', 'seven green lanterns')
      expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_credentials'])
      const weak = await change(token, PASSWORD, 'Password1234!')
      expect([weak.status, weak.body.errors[0].pointer]).toEqual([422, '/new_password'])
      expect((await zerg.login(email)).status).toBe(200)
    })

    test('that is changed ends every other session, and lets in from then on', async () => {
      const { id, email, access_token: token } = await signedIn()
      const other = await zerg.login(email)
      expect((await change(token, PASSWORD, 'seven green lanterns')).status).toBe(204)
      expect((await refresh(other.body.refresh_token)).status).toBe(401)
      expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(200)
      expect((await zerg.login(email)).status).toBe(401)
      expect((await zerg.login(email, { password: 'seven green lanterns' })).status).toBe(200)
      const changed = (await entriesOf(database, id)).find(
        ({ action }) => action === 'auth.change_password',
      )
      expect(changed?.after).toEqual({ password: '[masked]' })
    })
  })
})

const run = (database: Database, id: string, text: string) =>
  database.on(AbortSignal.timeout(10_000)).run(sql => sql.unsafe(text, [id]))

async function hashOf(database: Database, id: string) {
  const [row] = await database
    .on(AbortSignal.timeout(10_000))
    .run(sql => sql<{ hash: string }[]>`select password_hash as hash from users where id = ${id}`)
  return row?.hash
}

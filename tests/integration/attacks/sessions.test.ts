// Sessions of somebody else: named by their id, or met by their refresh token.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import {
  type Answer,
  insertPerson,
  type Instance,
  openInstance,
} from '../../support/auth-instances.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'

let opened: OpenedDatabase
let zerg: Instance
beforeAll(async () => {
  opened = await databases[0]!.open()
  zerg = await openInstance(opened.database)
}, 60_000)
afterAll(async () => {
  await zerg?.close()
  await opened?.close()
})

test('another’s session cannot be ended by its id, and is answered as none is', async () => {
  const victim = await signedIn()
  const attacker = await signedIn()
  const admin = await signedIn(['user', 'admin'])
  for (const { token } of [attacker, admin]) {
    const real = await zerg.send(`DELETE /api/v1/me/sessions/${victim.sessionId}`, { token })
    const none = await zerg.send(`DELETE /api/v1/me/sessions/${newId()}`, { token })
    expect(real.body.code).toBe('session_not_found')
    expect(saidBy(real)).toEqual(saidBy(none))
  }
  expect((await zerg.send('GET /api/v1/me', { token: victim.token })).status).toBe(200)
  expect((await refresh(victim.refreshToken)).status).toBe(200)
})

test('ending all sessions but one’s own, and signing out, ends none of another’s', async () => {
  const victim = await signedIn()
  const attacker = await signedIn()
  const { token } = attacker
  expect((await zerg.send('DELETE /api/v1/me/sessions', { token })).status).toBeLessThan(300)
  const out = await zerg.send('POST /api/v1/auth/logout', {
    token,
    body: { refresh_token: victim.refreshToken },
  })
  expect([204, 400, 422]).toContain(out.status)
  expect((await zerg.send('GET /api/v1/me', { token: victim.token })).status).toBe(200)
  expect((await refresh(victim.refreshToken)).status).toBe(200)
})

test('the list of sessions names none of another’s', async () => {
  const victim = await signedIn()
  const { token } = await signedIn()
  const { body } = await zerg.send('GET /api/v1/me/sessions', { token })
  expect(JSON.stringify(body)).not.toContain(victim.sessionId)
})

test('a refresh token is its own session’s, whoever’s access token is shown beside it', async () => {
  const victim = await signedIn()
  const attacker = await signedIn()
  const both = await refresh(victim.refreshToken, attacker.token)
  expect(both.status).toBe(200)
  const me = await zerg.send('GET /api/v1/me', { token: both.body.access_token })
  expect(me.body.id).toBe(victim.id)
  // Nothing of the one has become the other's.
  const own = await zerg.send('GET /api/v1/me/sessions', { token: attacker.token })
  expect(JSON.stringify(own.body)).not.toContain(victim.sessionId)
  expect((await refresh(attacker.refreshToken)).status).toBe(200)
})

test('no kind of token does another’s work', async () => {
  const { token, refreshToken } = await signedIn()
  expect((await zerg.send('GET /api/v1/me', { token: refreshToken })).status).toBe(401)
  expect((await refresh(token)).status).toBe(422)
  expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(200)
})

async function signedIn(roles: readonly ('user' | 'admin')[] = ['user']) {
  const { id, email } = await insertPerson(opened.database, { roles })
  const { body } = await zerg.login(email)
  const { body: sessions } = await zerg.send('GET /api/v1/me/sessions', {
    token: body.access_token,
  })
  return {
    id,
    token: String(body.access_token),
    refreshToken: String(body.refresh_token),
    sessionId: String(sessions.data[0].id),
  }
}

const refresh = (refresh_token: string, token?: string) =>
  zerg.send('POST /api/v1/auth/refresh', {
    body: { refresh_token },
    ...(token !== undefined && { token }),
  })

// But for what is the request's own.
function saidBy({ status, headers, body }: Answer) {
  const { instance: _, request_id: __, ...problem } = body
  return { status, problem, names: [...headers.keys()].toSorted() }
}

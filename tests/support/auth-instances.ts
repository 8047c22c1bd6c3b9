// Users and signing in over a real database, behind the whole pipeline, as one instance or several.

import { NO_LIMITS } from '#platform/limits/limits.ts'
import { pino } from 'pino'
import { foldEmail } from '#lib/email.ts'
import { newId } from '#lib/id.ts'
import type { Role } from '#lib/caller.ts'
import { type Auth, authRoutes, openAuth } from '#features/auth/index.ts'
import { openUsers, userRoutes } from '#features/users/index.ts'
import { refusalLog } from '#platform/audit/refusals.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { type Bus, createLocalBus } from '#platform/redis/bus.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { createAdmission } from '#transport/http/admission.ts'
import { pipelineOver } from './http.ts'

export const SECRET = 'a master secret for tests, and for nothing else'
export const PASSWORD = 'eleven purple kettles'

// Made once: what it costs is what it is for.
const PASSWORD_HASH = await Bun.password.hash(PASSWORD, {
  algorithm: 'argon2id',
  memoryCost: 19_456,
  timeCost: 2,
})

type Settings = Parameters<typeof openAuth>[0]['settings']

export type InstanceOptions = {
  settings?: Partial<Settings>
  provider?: Parameters<typeof openAuth>[0]['provider']
  secret?: string
  secretPrevious?: string
  bus?: Bus
  isRegistrationOpen?: boolean
  scopesOfKey?: Parameters<typeof openAuth>[0]['scopesOfKey']
}

export type Instance = Awaited<ReturnType<typeof openInstance>>

export type Answer = {
  status: number
  headers: Headers
  // What an answer holds is what a test is about.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

export type Sent = {
  token?: string
  body?: unknown
  address?: string
  headers?: Record<string, string>
}

/** One process of several that may share a database. */
export async function openInstance(database: Database, options: InstanceOptions = {}) {
  const log = pino({ level: 'silent' })
  const secrets = createSecrets({
    secret: options.secret ?? SECRET,
    previous: options.secretPrevious,
  })
  const kept = refusalLog({
    database,
    perMinute: 1_000,
    writeEveryMs: 20,
    log,
    metrics: createMetrics(),
  })
  const refusals = await kept.start(AbortSignal.timeout(10_000))
  const auth: Auth = openAuth({
    database,
    refusals,
    bus: options.bus ?? createLocalBus({ log }),
    secrets,
    log,
    metrics: createMetrics(),
    settings: { ...SETTINGS, ...options.settings },
    provider: options.provider,
    scopesOfKey: options.scopesOfKey ?? (async () => undefined),
  })
  const users = openUsers({
    database,
    access: auth.access,
    once: createOnce({ database }),
    isRegistrationOpen: options.isRegistrationOpen ?? false,
  })
  const pipeline = pipelineOver([authRoutes({ auth }), userRoutes({ users })], {
    admission: createAdmission({ authenticate: auth.authenticate, limits: NO_LIMITS }),
    refusals,
    requestTimeoutMs: 15_000,
  })
  const living = await auth.resource.start(AbortSignal.timeout(10_000))
  return { auth, users, send, login, close }

  async function close() {
    await living.close()
    await refusals.close(1_000)
  }

  /** `send('POST /api/v1/auth/login', { body: … })` */
  async function send(what: string, of: Sent = {}): Promise<Answer> {
    const [method = 'GET', path = '/'] = what.split(' ')
    const headers = {
      ...(of.token !== undefined && { authorization: `Bearer ${of.token}` }),
      ...(of.body !== undefined && { 'content-type': 'application/json' }),
      ...of.headers,
    }
    const body = of.body === undefined ? null : JSON.stringify(of.body)
    const request = new Request(`http://zerg.test${path}`, { method, headers, body })
    const answer = await pipeline.handle(request, () => of.address ?? '192.0.2.1')
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }

  async function login(email: string, of: { password?: string; address?: string } = {}) {
    const { password = PASSWORD, ...more } = of
    return await send('POST /api/v1/auth/login', { body: { email, password }, ...more })
  }
}

export const SETTINGS: Settings = {
  issuer: 'https://zerg.test',
  audience: 'zerg',
  signingKey: undefined,
  accessTtlMs: 900_000,
  sessionIdleMs: 3_600_000,
  sessionMaxMs: 7_200_000,
  sessionsMax: 20,
}

export type Person = { id: string; email: string }

/** A user with `PASSWORD`. */
export async function insertPerson(
  database: Database,
  of: { roles?: readonly Role[]; hash?: string | null } = {},
): Promise<Person> {
  const id = newId()
  const email = foldEmail(`person-${id}@example.com`)
  const { roles = ['user'], hash = PASSWORD_HASH } = of
  await database.on(AbortSignal.timeout(10_000)).run(
    sql => sql`
      insert into users (id, name, email, roles, password_hash)
      values (${id}, ${'Some Body'}, ${email}, ${[...roles]}::text[], ${hash})`,
  )
  return { id, email }
}

/** The actions in the entries that a request has left, whatever they are about. */
export async function actionsIn(database: Database, requestId: string | null) {
  const rows = await database.on(AbortSignal.timeout(10_000)).run(
    sql => sql<{ action: string }[]>`
      select action from audit_entries where request_id = ${requestId ?? ''}`,
  )
  return rows.map(({ action }) => action)
}

/** What an entry of the audit log says of an action on somebody or something. */
export async function entriesOf(database: Database, subjectId: string) {
  const rows = await database.on(AbortSignal.timeout(10_000)).run(
    sql => sql<{ action: string; outcome: string; after: unknown }[]>`
      select action, outcome, after from audit_entries where subject_id = ${subjectId}
      order by seq`,
  )
  return [...rows]
}

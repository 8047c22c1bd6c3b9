// Somebody of every kind who can ask the compiled executable, made as people make them: an administrator
// by the command line, the others by that one.

import { ZERG } from '../../bench/lab/zerg.ts'

export type Attacker = {
  name: 'anonymous' | 'user' | 'auditor' | 'admin' | 'key'
  /** What they send as `Authorization: Bearer …`. */
  token: string | undefined
  userId: string | undefined
}

type At = { url: string; databaseUrl: string }

/** One of each kind; whoever signs in has a session of their own. */
export async function attackersOf(at: At): Promise<readonly Attacker[]> {
  const admin = await makeAdmin(at)
  const user = await makeUser(at, admin, 'user')
  const auditor = await makeUser(at, admin, 'auditor')
  const key = { name: 'key', token: await makeKey(at, user), userId: user.userId } as const
  return [{ name: 'anonymous', token: undefined, userId: undefined }, user, auditor, admin, key]
}

/** The headers of a request with a body in JSON, by this caller. */
export const headersOf = ({ token }: Pick<Attacker, 'token'>): Record<string, string> => ({
  'content-type': 'application/json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
})

const PASSWORD = 'several words that nobody says'

const newEmail = (kind: string) => `${kind}-${crypto.randomUUID()}@zerg.test`

async function makeAdmin({ url, databaseUrl }: At): Promise<Attacker> {
  const email = newEmail('admin')
  const child = Bun.spawn([ZERG, 'users', 'create-admin', `--email=${email}`, '--password-stdin'], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: databaseUrl },
    stdin: new TextEncoder().encode(`${PASSWORD}\n`),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [userId, problems] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(`No administrator could be made: ${problems}`)
  return { name: 'admin', token: await signIn(url, email), userId: userId.trim() }
}

async function makeUser({ url }: At, admin: Attacker, role: 'user' | 'auditor'): Promise<Attacker> {
  const email = newEmail(role)
  const made = await send<{ id: string }>(`${url}/api/v1/users`, admin, {
    email,
    name: role,
    password: PASSWORD,
    roles: role === 'user' ? ['user'] : ['user', role],
  })
  return { name: role, token: await signIn(url, email), userId: made.id }
}

async function signIn(url: string, email: string): Promise<string> {
  const given = { email, password: PASSWORD }
  return (await send<{ access_token: string }>(`${url}/api/v1/auth/login`, {}, given)).access_token
}

/** A key of this user, for everything that a user may do by one. */
async function makeKey({ url }: At, user: Attacker): Promise<string> {
  const scopes = ['tasks:read', 'tasks:write', 'projects:read', 'projects:write']
  const wanted = { name: 'Attacker', scopes }
  return (await send<{ secret: string }>(`${url}/api/v1/keys`, user, wanted)).secret
}

async function send<Answer>(url: string, by: { token?: string | undefined }, body: unknown) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: headersOf({ token: by.token }),
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as Answer
}

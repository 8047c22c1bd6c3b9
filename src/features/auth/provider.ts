// Tokens of the company's own identity provider: who somebody is there, and which user that is here.

import { jwtVerify, type JWTPayload } from 'jose'
import type { Call } from '#lib/call.ts'
import { callerOf, INTERNAL, type Identity, type Role } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { foldEmail, isEmail } from '#lib/email.ts'
import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import type { AccountRepository, External } from './account-repository.ts'
import type { Issuer } from './authenticator.ts'
import { invalidToken, type Unverified } from './jwt.ts'
import { toTokenError } from './own-tokens.ts'
import { PROVIDER_USER } from './policy.ts'
import type { ProviderKeys } from './provider-keys.ts'
import type { Revocations } from './revocations.ts'

export type ProviderSettings = {
  issuer: string
  audience: string
  rolesClaim: string
  /** Empty leaves roles to the administrators here. */
  roles: readonly { theirs: string; role: Role }[]
  createUsers: boolean
}

type Needs = {
  settings: ProviderSettings
  keys: ProviderKeys
  database: Pick<Database, 'on' | 'transaction'>
  accounts: AccountRepository
  revocations: Pick<Revocations, 'tell' | 'spread'>
  clock: Clock
}

// None of them has a shared secret, which whoever knows the public keys could pass off as one.
const ALGORITHMS = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
]
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt'])
const USUAL_ROLES: readonly Role[] = ['user']
const TOLERANCE_S = 30
const NAME_CHARACTERS_MAX = 200
const UNIQUE_VIOLATION = '23505'

export function createProvider(needs: Needs): Issuer {
  const { settings, keys, database, accounts, revocations, clock } = needs
  return { issuer: settings.issuer, identify }

  async function identify(...[token, given, signal]: Parameters<Issuer['identify']>) {
    const { payload, expiresAtMs } = await verify(token, given)
    const external = externalOf(payload)
    const identity = await userOf(external, payload, signal)
    const again = (signal: AbortSignal) => userOf(external, payload, signal)
    return { identity, expiresAtMs, again }
  }

  async function verify(token: string, { header: { kid, typ } }: Unverified) {
    if (typeof kid !== 'string') throw invalidToken('names no key')
    if (typ !== undefined && !(typeof typ === 'string' && TYPES.has(typ.toLowerCase())))
      throw invalidToken('is a token for something else')
    const set = await keys.keyFor(kid)
    const nowMs = clock.nowMs()
    const { payload } = await jwtVerify(token, set, {
      algorithms: ALGORITHMS,
      issuer: settings.issuer,
      audience: settings.audience,
      currentDate: new Date(nowMs),
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['sub', 'iat', 'exp'],
    }).catch(toTokenError)
    const { exp = 0, iat = Infinity } = payload
    if (iat > nowMs / 1_000 + TOLERANCE_S) throw invalidToken('is from the future')
    return { payload, expiresAtMs: exp * 1_000 }
  }

  function externalOf(payload: JWTPayload): External {
    const { sub: subject, iat: issuedAtS = 0 } = payload
    if (typeof subject !== 'string' || subject === '' || subject.length > 255)
      throw invalidToken('says of nobody that they are asking')
    const roles = settings.roles.length === 0 ? null : rolesIn(payload)
    if (roles?.length === 0) throw invalidToken('is of somebody who has no role here')
    return { issuer: settings.issuer, subject, issuedAtS, roles }
  }

  function rolesIn(payload: JWTPayload): Role[] {
    const theirs = new Set(textsIn(claimIn(payload, settings.rolesClaim)))
    const given = settings.roles.filter(mapping => theirs.has(mapping.theirs))
    return [...new Set(given.map(({ role }) => role))]
  }

  async function userOf(external: External, payload: JWTPayload, signal: AbortSignal) {
    const found =
      (await accounts.external(database.on(signal), external)) ??
      (await create(external, payload, signal))
    if (!found?.is_active) throw invalidToken('is of somebody who is not known here')
    const isNews = found.seen_at === null || Date.parse(found.seen_at) < external.issuedAtS * 1_000
    const roles = isNews ? await follow(found.id, external, signal) : found.roles
    return identityOf(found.id, roles ?? found.roles)
  }

  async function create(external: External, payload: JWTPayload, signal: AbortSignal) {
    const user = { ...nameIn(payload, external.subject), roles: external.roles ?? USUAL_ROLES }
    // An address that the provider has not checked says nothing.
    const email = payload['email_verified'] === true ? user.email : null
    try {
      await database.transaction(signal, async tx => {
        const tiedId = email && (await accounts.tie(tx, { ...external, email }))
        if (tiedId) await note(tx, tiedId, { after: { email } })
        else if (settings.createUsers) await make(tx, external, user)
      })
    } catch (error) {
      // Another request of the same person was first.
      if (codeOf(error) !== UNIQUE_VIOLATION) throw error
    }
    return await accounts.external(database.on(signal), external)
  }

  async function make(tx: Tx, { issuer, subject, issuedAtS }: External, user: Named) {
    const id = newId()
    const isMade = await accounts.createExternal(tx, { id, ...user, issuer, subject, issuedAtS })
    if (isMade) await note(tx, id, { after: user })
  }

  // The provider says what somebody is; a later token is right where two disagree.
  async function follow(id: string, external: External, signal: AbortSignal) {
    const followed = await database.transaction(signal, async tx => {
      const followed = await accounts.follow(tx, id, external)
      if (!followed || !isChange(followed)) return followed
      const { before, roles: after } = followed
      await revocations.tell(tx, 'user', id)
      await note(tx, id, { before: { roles: before }, after: { roles: after } })
      return followed
    })
    if (followed && isChange(followed)) revocations.spread('user', id)
    return followed?.roles
  }
}

const isChange = ({ before, roles }: { before: Role[]; roles: Role[] }): boolean =>
  before.join() !== roles.join()

const identityOf = (id: string, roles: readonly Role[]): Identity => ({
  kind: 'user',
  id,
  userId: id,
  roles,
  scopes: 'all',
  sessionId: null,
})

// Nobody asked for it: it follows from a token that the provider made.
const onOwnBehalf = (): Call => ({
  caller: callerOf(INTERNAL, { via: 'http', requestId: newId(), traceId: null, address: null }),
  signal: NEVER,
  deadlineAtMs: Infinity,
})

const NEVER = new AbortController().signal

const note = (tx: Tx, id: string, seen: { before?: object; after: object }): Promise<void> =>
  record(tx, onOwnBehalf(), { action: PROVIDER_USER, kind: 'user', id, outcome: 'done', ...seen })

type Named = { name: string; email: string | null; roles: readonly Role[] }

function nameIn(payload: JWTPayload, subject: string) {
  const { email, name, preferred_username: username } = payload
  const address = typeof email === 'string' && isEmail(email) ? foldEmail(email) : null
  const names = [name, username, address, subject].filter(text => typeof text === 'string')
  const chosen = names.map(printable).find(text => text !== '') ?? 'Unnamed'
  return { name: chosen, email: address }
}

const printable = (text: string): string =>
  [...text.toWellFormed().replaceAll(/\p{C}/gu, '').trim()].slice(0, NAME_CHARACTERS_MAX).join('')

// Names of claims may be URLs, which have dots of their own.
function claimIn(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name]
  return name.split('.').reduce<unknown>((at, part) => memberOf(at, part), payload)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return value.split(' ')
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

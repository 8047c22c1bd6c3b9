// Tokens by which instances of one Zerg know each other: whoever forwards a call signs for whom. The
// key is derived from the master secret, so that nobody who only has the database can make one.

import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { type Identity, ROLES } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { isScope } from '#lib/scope.ts'
import type { Secrets } from '#platform/secrets/index.ts'

const PURPOSE = 'internal-tokens'
const AUDIENCE = 'zerg-internal'
const ALGORITHM = 'HS256'
// A type of its own (RFC 8725, 3.11): a token made for anything else is not one of these.
const TYPE = 'zerg-internal+jwt'

const LIFE_S = 30
// A token that is sent has at least the rest to arrive in.
const USED_MS = 20_000
// Hosts' clocks may differ by this much.
const TOLERANCE_S = 30
const KNOWN_MAX = 10_000

// Always the same bytes, since we alone make these tokens.
const HEADER = { alg: ALGORITHM, typ: TYPE }
const PREFIX = `${Buffer.from(JSON.stringify(HEADER)).toString('base64url')}.`

export type InternalTokens = ReturnType<typeof createInternalTokens>

type Needs = { secrets: Secrets; clock: Clock }

export function createInternalTokens({ secrets, clock }: Needs) {
  const key = secrets.derive(PURPOSE, 32)
  const previous = secrets.previous?.derive(PURPOSE, 32)
  const signed = new LRUCache<string, { token: string; untilMs: number }>({ max: KNOWN_MAX })
  const verified = new LRUCache<string, { identity: Identity; untilMs: number }>({ max: KNOWN_MAX })

  return { sign, isOne: (token: string) => token.startsWith(PREFIX), verify }

  /** A token that says who asks, good for half a minute. At once where there is a fresh one. */
  function sign(identity: Identity): string | Promise<string> {
    const name = nameOf(identity)
    const known = signed.get(name)
    return known && known.untilMs > clock.nowMs() ? known.token : make(identity, name)
  }

  async function make(identity: Identity, name: string): Promise<string> {
    const { kind, id, userId, roles, scopes, sessionId } = identity
    const nowMs = clock.nowMs()
    const issuedAt = Math.floor(nowMs / 1_000)
    const token = await new SignJWT({ kind, userId, roles, scopes, sessionId })
      .setProtectedHeader(HEADER)
      .setSubject(id)
      .setAudience(AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFE_S)
      .sign(key)
    signed.set(name, { token, untilMs: nowMs + USED_MS })
    return token
  }

  /** @throws AppError `invalid_token`, `token_expired` */
  function verify(token: string): Identity | Promise<Identity> {
    const known = verified.get(token)
    return known && known.untilMs > clock.nowMs() ? known.identity : open(token)
  }

  async function open(token: string): Promise<Identity> {
    if (!CANONICAL.test(token)) throw unreadable()
    const { payload } = await withKey(token, key)
      .catch(async (failure: unknown) => {
        const isForged = failure instanceof errors.JWSSignatureVerificationFailed
        if (previous && isForged) return await withKey(token, previous)
        throw failure
      })
      .catch(refuse)
    const identity = identityOf(payload)
    const untilMs = ((payload.iat ?? 0) + LIFE_S + TOLERANCE_S) * 1_000
    verified.set(token, { identity, untilMs })
    return identity
  }

  function withKey(token: string, secret: Uint8Array) {
    return jwtVerify(token, secret, {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      typ: TYPE,
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['sub', 'iat', 'exp'],
      maxTokenAge: LIFE_S,
      currentDate: new Date(clock.nowMs()),
    })
  }
}

function refuse(cause: unknown): never {
  if (cause instanceof errors.JWTExpired)
    throw new AppError('token_expired', 'The internal token has expired.', { cause })
  throw new AppError(
    'invalid_token',
    'The internal token was not made by an instance of this Zerg: its ZERG_SECRET is another one.',
    { cause },
  )
}

const nameOf = ({ kind, id, userId, roles, scopes, sessionId }: Identity): string =>
  [
    kind,
    id,
    userId,
    sessionId,
    roles.join(),
    typeof scopes === 'string' ? '*' : scopes.join(),
  ].join(' ')

const KINDS = ['user', 'key', 'internal', 'operator'] as const

// Signed by us, and yet maybe by another version of us.
function identityOf(claims: Readonly<Record<string, unknown>>): Identity {
  const { sub, kind, userId, roles, scopes, sessionId } = claims
  const known = KINDS.find(one => one === kind)
  if (!known || typeof sub !== 'string' || typeof userId !== 'string') throw unreadable()
  return {
    kind: known,
    id: sub,
    userId,
    roles: ROLES.filter(role => textsOf(roles).includes(role)),
    scopes: scopes === 'all' ? 'all' : textsOf(scopes).filter(isScope),
    sessionId: typeof sessionId === 'string' ? sessionId : null,
  }
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : []

// Three parts, and the 32 bytes of the signature in the one way that they are written: decoders
// overlook padding and stray bits, so that one token would have several texts.
const CANONICAL = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/

const unreadable = () =>
  new AppError('invalid_token', 'The internal token is not whole, or names nobody.')

import { describe, expect, test } from 'bun:test'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import { INTERNAL } from '#lib/caller.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'
import { anAdmin, aUser } from '../../../support/identities.ts'

const SECRET = 'a master secret of this test, long enough'
const OTHER = 'another master secret, that nobody knows'

describe('an internal token', () => {
  test.each([
    ['a user', aUser({ sessionId: '01900000-0000-7000-8000-000000000001' })],
    ['an administrator', anAdmin()],
    ['a key with scopes', aUser({ kind: 'key', scopes: ['tasks:read', 'tasks:write'] })],
    ['a key with none', aUser({ kind: 'key', scopes: [] })],
    ['Zerg itself', INTERNAL],
  ])('says who asks: %s', async (_, identity) => {
    const [here, there] = [tokens(), tokens()]
    expect(await there.verify(await here.sign(identity))).toEqual(identity)
  })

  test('is made once for each caller while it is fresh, and anew before it ends', async () => {
    const clock = clockAt(1_000_000)
    const [here, there] = [tokens({ clock }), tokens({ clock })]
    const [one, other] = [aUser(), aUser()]
    const first = await here.sign(one)
    expect(here.sign(one)).toBe(first)
    expect(await here.sign(other)).not.toBe(first)
    // What they may do has changed.
    expect(await here.sign({ ...one, roles: ['admin'] })).not.toBe(first)
    clock.pass(19_000)
    expect(here.sign(one)).toBe(first)
    clock.pass(2_000)
    const second = await here.sign(one)
    expect(second).not.toBe(first)
    expect(await there.verify(second)).toEqual(one)
  })

  test('is looked at once, and refused when it has ended all the same', async () => {
    const clock = clockAt(1_000_000)
    const [here, there] = [tokens({ clock }), tokens({ clock })]
    const token = await here.sign(aUser())
    const identity = await there.verify(token)
    expect(there.verify(token)).toBe(identity)
    clock.pass(61_000)
    expect(await refusal(there, token)).toBe('token_expired')
  })

  test('is taken from hosts whose clocks are half a minute off, and from no others', async () => {
    const [early, late] = [clockAt(1_000_000), clockAt(1_029_000)]
    const user = aUser()
    expect(await tokens({ clock: late }).verify(await tokens({ clock: early }).sign(user))).toEqual(
      user,
    )
    expect(await tokens({ clock: early }).verify(await tokens({ clock: late }).sign(user))).toEqual(
      user,
    )
    const far = clockAt(1_200_000)
    expect(await refusal(tokens({ clock: early }), await tokens({ clock: far }).sign(user))).toBe(
      'invalid_token',
    )
  })

  test('is taken by the secret before, while that is still configured', async () => {
    const before = await tokens({ secret: OTHER }).sign(aUser())
    expect(await refusal(tokens(), before)).toBe('invalid_token')
    expect(await tokens({ previous: OTHER }).verify(before)).toMatchObject({ kind: 'user' })
  })
})

describe('what is no internal token', () => {
  const claims = { kind: 'user', userId: 'x', roles: ['admin'], scopes: 'all', sessionId: null }
  const keyOf = (secret: string) => createSecrets({ secret }).derive('internal-tokens', 32)
  const typ = 'zerg-internal+jwt'
  const aToken = ({ aud = 'zerg-internal', type = typ, alg = 'HS256', life = '30s' } = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, typ: type })
      .setSubject('x')
      .setAudience(aud)
      .setIssuedAt()
      .setExpirationTime(life)
      .sign(keyOf(SECRET))
  const cut = async () => (await aToken()).slice(0, -2)
  const padded = async () => `${await aToken()}=`
  const altered = async () => {
    const [header, , signature] = (await aToken()).split('.')
    const payload = base64url.encode(JSON.stringify({ ...claims, sub: 'root' }))
    return [header, payload, signature].join('.')
  }
  const withoutEnd = () =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ })
      .setSubject('x')
      .setAudience('zerg-internal')
      .setIssuedAt()
      .sign(keyOf(SECRET))

  test.each<[string, () => Promise<string>]>([
    ['of another audience', () => aToken({ aud: 'zerg' })],
    ['of another type', () => aToken({ type: 'JWT' })],
    ['of another algorithm', () => aToken({ alg: 'HS512' })],
    ['by another secret', () => tokens({ secret: OTHER }).sign(aUser()) as Promise<string>],
    ['without an end', withoutEnd],
    ['whose signature is cut', cut],
    ['whose signature is padded', padded],
    ['whose claims are altered', altered],
    [
      'that nobody signed',
      async () => new UnsecuredJWT(claims).setAudience('zerg-internal').encode(),
    ],
    ['that is no token', async () => 'a.b.c'],
    ['of 64 KB', async () => `${await aToken()}${'a'.repeat(65_536)}`],
    ['that is empty', async () => ''],
  ])('is refused: one %s', async (_, make) => {
    expect(await refusal(tokens(), await make())).toMatch(/^(invalid_token|token_expired)$/)
  })

  test('is refused: one that would live for ever, a minute after it was made', async () => {
    const token = await aToken({ life: '10y' })
    const clock = clockAt(Date.now())
    const there = tokens({ clock })
    await there.verify(token)
    clock.pass(62_000)
    expect(await refusal(there, token)).toBe('token_expired')
    expect(await refusal(tokens({ clock }), token)).toBe('token_expired')
  })

  // A signed token of ours still has to say who asks.
  test('is refused: one that says nobody in particular', async () => {
    const nobody = { ...aUser(), kind: 'anonymous' as const }
    expect(await refusal(tokens(), await tokens().sign(nobody))).toBe('invalid_token')
  })
})

function tokens({ secret = SECRET, previous, clock = clockAt(Date.now()) }: Given = {}) {
  return createInternalTokens({ secrets: createSecrets({ secret, previous }), clock })
}

type Given = { secret?: string; previous?: string; clock?: ReturnType<typeof clockAt> }

function clockAt(startMs: number) {
  let nowMs = startMs
  return { nowMs: () => nowMs, elapsedMs: () => nowMs, pass: (ms: number) => void (nowMs += ms) }
}

async function refusal(there: ReturnType<typeof tokens>, token: string): Promise<string> {
  try {
    return `let in ${JSON.stringify(await there.verify(token))}`
  } catch (error) {
    return (error as { code: string }).code
  }
}

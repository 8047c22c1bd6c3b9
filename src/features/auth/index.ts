// The door to signing in, and to finding out who a token stands for.

import { availableParallelism } from 'node:os'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { PeriodicTask } from '#platform/periodic/periodic.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import type { Bus } from '#platform/redis/bus.ts'
import type { Secrets } from '#platform/secrets/index.ts'
import { createAccountRepository } from './account-repository.ts'
import { createAttemptRepository } from './attempt-repository.ts'
import { createAttempts } from './attempts.ts'
import { createAuthenticator } from './authenticator.ts'
import { createHasher } from './hasher.ts'
import { createKeyRing } from './key-ring.ts'
import { authLife } from './life.ts'
import { createOwnIssuer, type ScopesOfKey } from './own-issuer.ts'
import { createOwnTokens } from './own-tokens.ts'
import { createProvider, type ProviderSettings } from './provider.ts'
import { createProviderKeys } from './provider-keys.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createRevocationRepository } from './revocation-repository.ts'
import { createRevocations } from './revocations.ts'
import { createSealing } from './sealing.ts'
import { createSessionRepository } from './session-repository.ts'
import { createSessions, type Limits } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { createSigningKeyRepository } from './signing-key-repository.ts'

export { AUTH } from './policy.ts'
export { authRoutes } from './routes.ts'
export type { Rotated } from './key-ring.ts'
export type { Revocations } from './revocations.ts'
export type Auth = ReturnType<typeof openAuth>

type Needs = {
  database: Database
  bus: Bus
  secrets: Secrets
  refusals: Refusals
  log: Log
  metrics: Metrics
  settings: Limits & { issuer: string; audience: string; signingKey: string | undefined }
  /** Of tokens that keys have minted. */
  scopesOfKey: ScopesOfKey
  /** The company's own identity provider, where there is one. */
  provider: (ProviderSettings & { jwksUrl: string }) | undefined
}

// Half of the cores stay free of passwords; each one at work takes 19 MiB.
const CONCURRENCY = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)))
const UPKEEP_EVERY_MS = 10 * 60_000

export function openAuth(needs: Needs) {
  const { database, bus, secrets, refusals, log, metrics, settings, provider } = needs
  const clock = systemClock
  const accounts = createAccountRepository()
  const attemptRepository = createAttemptRepository()
  const sessionRepository = createSessionRepository()
  const keyRepository = createSigningKeyRepository()

  const revocations = createRevocations({ database, bus, clock, log, metrics })
  const ring = createKeyRing({
    database,
    repository: keyRepository,
    sealing: createSealing(secrets, 'signing-keys'),
    given: settings.signingKey,
    accessTtlMs: settings.accessTtlMs,
    revocations,
    clock,
    log,
  })
  const { issuer, audience } = settings
  const tokens = createOwnTokens({ ring, clock, issuer })
  const own = createOwnIssuer({
    database,
    accounts,
    scopesOfKey: needs.scopesOfKey,
    tokens,
    issuer,
    audience,
  })
  const issuers = provider ? [own, openProvider(provider)] : [own]
  const { authenticate } = createAuthenticator({ issuers, revocations, clock })

  const sessions = createSessions({
    database,
    repository: sessionRepository,
    refreshTokens: createRefreshTokens(secrets),
    mint: own.mint,
    revocations,
    record,
    limits: settings,
    newId,
  })
  const signIn = createSignIn({
    database,
    accounts,
    attempts: createAttempts({
      repository: attemptRepository,
      key: secrets.derive('sign-in-failures', 32),
    }),
    hasher: createHasher({
      concurrency: CONCURRENCY,
      waitingMax: CONCURRENCY * 50,
      waitMaxMs: 3_000,
    }),
    sessions,
    revocations,
    record,
    refusals,
    metrics,
  })

  return {
    /** Who shows an access token, of ours or of the provider. */
    authenticate,
    sessions,
    signIn,
    jwks: ring.jwks,
    /** Makes the next signing key; see the key ring. */
    rotateSigning: ring.rotate,
    /** An access token without a session, for a script of somebody who may make one. */
    mint: own.mint,
    revocations,
    /** What users need of signing in. */
    access: {
      hashPassword: signIn.hashPassword,
      endSessions: async (tx: Tx, userId: string) => {
        await sessions.endAll(tx, userId, null)
      },
      tellChanged: async (tx: Tx, userId: string) => await revocations.tell(tx, 'user', userId),
    },
    /** Reads the signing keys, or makes the first one: all that a single command needs. */
    ready: ring.openBeside,
    /** For a server, to be opened after the database: the signing keys, and following revocations. */
    resource: authLife({ ring, revocations, log }),
    upkeep: {
      name: 'auth-upkeep',
      everyMs: UPKEEP_EVERY_MS,
      run: async signal => {
        const on = database.on(signal)
        await sessionRepository.forget(on)
        await attemptRepository.forget(on)
        await accounts.forget(on)
        await keyRepository.forget(on)
        await createRevocationRepository().forget(on)
      },
    } satisfies PeriodicTask,
  }

  function openProvider({ jwksUrl, ...of }: NonNullable<Needs['provider']>) {
    const keys = createProviderKeys({ url: jwksUrl, clock, log })
    return createProvider({ settings: of, keys, database, accounts, revocations, clock })
  }
}

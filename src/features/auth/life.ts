// What signing in does beside requests while a server runs: it keeps its keys and follows revocations.

import type { Resource } from '#platform/lifecycle/resources.ts'
import type { Log } from '#platform/observability/log.ts'
import type { KeyRing } from './key-ring.ts'
import type { Revocations } from './revocations.ts'

type Needs = { ring: KeyRing; revocations: Revocations; log: Log }

type Living = { close(): Promise<void> }

const REFRESH_EVERY_MS = 60_000
const REFRESH_MAX_MS = 5_000

export const authLife = ({ ring, revocations, log }: Needs): Resource<Living> => ({
  start: async signal => {
    await ring.open(signal)
    const follower = await revocations.follower.start(signal)
    const timer = setInterval(() => {
      ring
        .refresh(AbortSignal.timeout(REFRESH_MAX_MS))
        .catch((error: unknown) => log.warn({ err: error }, 'signing_keys_not_loaded'))
    }, REFRESH_EVERY_MS)
    timer.unref()
    return {
      close: async () => {
        clearInterval(timer)
        await follower.close()
      },
    }
  },
  close: living => living.close(),
})

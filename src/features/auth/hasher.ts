// Makes passwords into what may be kept (Argon2id, RFC 9106), a few at a time. Bun works them out on
// threads of its own; without a bound, a flood of sign-ins would take every core and the memory.

import { AppError } from '#lib/errors.ts'
import { createPoliteThreads } from '#platform/threads/polite-threads.ts'

/** The least that OWASP recommends: 19 MiB, two passes. Raising one re-hashes at the next sign-in. */
export const PARAMETERS = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const

/** Of no password that anybody knows; checked where there is no account, so that this takes as long. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$XcxaVcHezH/GGE26B4DfgoC1bhaeJnupick9toVX6WA$faHlbJMWphA8TX+0CINjva1lyZsMHwlCs2XU1BwsGaE'

export type Hasher = ReturnType<typeof createHasher>

type Needs = {
  /** How many are worked out at once. */
  concurrency: number
  /** How many may wait for their turn, and how long. */
  waitingMax: number
  waitMaxMs: number
}

type Waiting = { go(): void }

export function createHasher({ concurrency, waitingMax, waitMaxMs }: Needs) {
  const waiting = new Set<Waiting>()
  const threads = createPoliteThreads()
  let working = 0

  return { hash, verify, requireRoom, figures: () => ({ working, waiting: waiting.size }) }

  /** @throws AppError `sign_in_busy`, or the signal's own reason. */
  async function hash(password: string, signal: AbortSignal): Promise<string> {
    return await inTurn(signal, () => Bun.password.hash(folded(password), PARAMETERS))
  }

  /** @throws AppError `sign_in_busy`, or the signal's own reason. */
  async function verify(password: string, kept: string, signal: AbortSignal): Promise<boolean> {
    return await inTurn(signal, () => Bun.password.verify(folded(password), kept))
  }

  /** @throws AppError `sign_in_busy` where nobody else could wait for their turn. */
  function requireRoom(): void {
    if (waiting.size >= waitingMax) throw busy()
  }

  async function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (working < concurrency) working++
    else await turn(signal)
    try {
      threads.lowerNew()
      return await work()
    } finally {
      hand()
    }
  }

  // Whoever ends hands their place over, so that it is never free for a moment while somebody waits.
  function hand() {
    const [next] = waiting
    if (!next) return void working--
    waiting.delete(next)
    next.go()
  }

  function turn(signal: AbortSignal): Promise<void> {
    requireRoom()
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        if (waiting.delete(mine)) settle(() => reject(reason))
      }
      const onAbort = () => leave(signal.reason)
      const timer = setTimeout(() => leave(busy()), waitMaxMs)
      const settle = (end: () => void) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        end()
      }
      const mine: Waiting = { go: () => settle(resolve) }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting.add(mine)
    })
  }
}

/** Whether it was made with less than is asked for today. */
export function isOutdated(kept: string): boolean {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(kept)
  if (!match) return true
  const [, memory, time] = match
  return Number(memory) < PARAMETERS.memoryCost || Number(time) < PARAMETERS.timeCost
}

// The same letters may be typed in more than one form (NIST SP 800-63B, 3.1.1.2).
const folded = (password: string): string => password.normalize('NFKC')

const busy = () =>
  new AppError('sign_in_busy', 'Too many passwords are being checked; nothing was done.', {
    retryAfterS: 2,
  })

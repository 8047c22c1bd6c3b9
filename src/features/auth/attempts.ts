// How fast passwords may be guessed. Failures slow an account down for strangers, a network down for
// every account, and an account for a network that it has been signed in from; each up to a longest
// delay, so that nobody is locked out for good. Whether there is such an account makes no difference.

import { createHmac } from 'node:crypto'
import { AppError } from '#lib/errors.ts'
import type { Runner } from '#platform/postgres/database.ts'
import type { AttemptRepository } from './attempt-repository.ts'

export type Attempts = ReturnType<typeof createAttempts>

/** What an attempt counts against, in the order in which rows are changed. */
export type Attempt = { network: Buffer; account: Buffer }

type Needs = {
  repository: AttemptRepository
  /** Keyed, so that the table is no list of who was tried from where. */
  key: Uint8Array
}

type Of = {
  /** What was typed for an account. */
  account: string
  network: string
  /** Whether the account has been signed in from there before. */
  isKnown: boolean
}

// Mistakes that people make cost nothing. Offices share an address, and are many people.
const FREE = { account: 5, network: 50 } as const

export function createAttempts({ repository, key }: Needs) {
  return { begin, succeeded, notLookedAt }

  /**
   * Counts as a failure until `succeeded` says otherwise, so that many at once do not slip through.
   *
   * @throws AppError `sign_in_slowed`.
   */
  async function begin(on: Runner, { account, network, isKnown }: Of): Promise<Attempt> {
    const attempt = {
      network: subject('network', network),
      account: isKnown ? subject('pair', `${network} ${account}`) : subject('account', account),
    }
    const waitS = await repository.waitOf(on, attempt)
    if (waitS > 0) throw slowed(waitS)
    for (const which of ['network', 'account'] as const) {
      const isCounted = await repository.count(on, attempt[which], FREE[which])
      // Others of the same moment were first.
      if (!isCounted) throw slowed(Math.max(1, await repository.waitOf(on, attempt)))
    }
    return attempt
  }

  async function succeeded(on: Runner, attempt: Attempt): Promise<void> {
    await repository.clear(on, attempt)
  }

  /** Takes the count back: nobody has learnt anything. */
  async function notLookedAt(on: Runner, attempt: Attempt): Promise<void> {
    await repository.takeBack(on, attempt)
  }

  function subject(kind: string, name: string): Buffer {
    return createHmac('sha256', key).update(`${kind} ${name}`).digest()
  }
}

const slowed = (waitS: number) =>
  new AppError('sign_in_slowed', 'After several failures the next attempt has to wait.', {
    retryAfterS: waitS,
  })

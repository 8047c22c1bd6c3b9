// Limits that every instance keeps together, in Redis. An instance takes a small share of a limit at
// once and allows requests from it without asking; while Redis is gone it goes on by itself with the
// part of the limit that is its own among those it last knew.

import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import type { Redis } from '../redis/redis.ts'
import { allow, type Decision, deny } from './decision.ts'
import { type Debt, takeOne } from './gcra.ts'
import type { Limiter } from './limiter.ts'
import { CLIENTS_MAX } from './local-limiter.ts'
import type { Policy } from './policy.ts'
import { leaseOf, nextShare, shareMaxOf } from './share.ts'
import { TAKE, type Taken, takenOf } from './take-script.ts'

type Shared = Pick<Redis, 'isUp' | 'outages' | 'instances' | 'run' | 'keys'>

/** One client under one policy. Times are monotonic. */
type Account = {
  readonly policy: Policy
  readonly key: string
  /** What the client owes, as of the last answer, and of what was decided without one since. */
  readonly debt: Debt
  /**
   * Losses of Redis up to that answer: after another one its memory may be gone. NEVER where it does
   * not know of what was allowed since.
   */
  outages: number
  /** Requests that may be allowed without asking, until when, and how many it was asked for. */
  held: number
  heldUntilMs: number
  share: number
  askedAtMs: number
  /** What was left in Redis at the last answer. */
  remaining: number
  /** Nothing is allowed before this, whoever asks. */
  refusedUntilMs: number
  /** Redis did not answer for this client; the next question waits until then. */
  aloneUntilMs: number
  isAsking: boolean
  waiting: ((decision: Decision) => void)[]
}

const NEVER = -1
// Of a Cluster a node can be gone while the rest answers.
const ALONE_MS = 1_000
// A client far over its limit is not worth a question for each request that comes free.
const REFUSED_MIN_MS = 25
// A share this large is renewed before it has run out, so that nobody waits for it.
const RENEWED_EARLY_FROM = 8

export function createSharedLimiter({ redis, clock }: { redis: Shared; clock: Clock }): Limiter {
  const accounts = new LRUCache<string, Account>({ max: CLIENTS_MAX })
  let trips = 0
  let alone = 0

  return { take, figures: () => ({ clients: accounts.size, trips, alone }) }

  function take(policy: Policy, id: string): Decision | Promise<Decision> {
    const account = accountOf(policy, id)
    const nowMs = clock.elapsedMs()
    if (account.held > 0 && nowMs < account.heldUntilMs) return spend(account, nowMs)
    if (nowMs < account.refusedUntilMs) return refuse(account, nowMs)
    if (isAlone(account, nowMs)) return decideAlone(account, nowMs)
    return new Promise(resolve => {
      account.waiting.push(resolve)
      if (!account.isAsking) void ask(account)
    })
  }

  function accountOf(policy: Policy, id: string): Account {
    const name = `${policy.name}:${id}`
    const known = accounts.get(name)
    // Limits can change while running.
    if (known && known.policy === policy) return known
    const account = open(policy, redis.keys.limit(name))
    accounts.set(name, account)
    return account
  }

  function open(policy: Policy, key: string): Account {
    return {
      policy,
      key,
      debt: { untilMs: 0 },
      outages: redis.outages(),
      held: 0,
      heldUntilMs: 0,
      share: 0,
      askedAtMs: -Infinity,
      remaining: 0,
      refusedUntilMs: 0,
      aloneUntilMs: 0,
      isAsking: false,
      waiting: [],
    }
  }

  function spend(account: Account, nowMs: number): Decision {
    account.held--
    const { share, held, policy, remaining, debt } = account
    if (share >= RENEWED_EARLY_FROM && held === share >> 2 && !account.isAsking)
      if (!isAlone(account, nowMs) && nowMs >= account.refusedUntilMs) void ask(account)
    return allow(policy, remaining + held, debt.untilMs - nowMs)
  }

  function refuse({ policy, debt, refusedUntilMs }: Account, nowMs: number): Decision {
    return deny(policy, { resetMs: debt.untilMs - nowMs, waitMs: refusedUntilMs - nowMs })
  }

  function isAlone(account: Account, nowMs: number): boolean {
    return nowMs < account.aloneUntilMs || !redis.isUp()
  }

  function decideAlone(account: Account, nowMs: number): Decision {
    alone++
    account.outages = NEVER
    return takeOne(account.debt, account.policy, { nowMs, sharedBy: redis.instances() })
  }

  /** Asks until nobody waits any more: once, unless more came meanwhile than were asked for. */
  async function ask(account: Account): Promise<void> {
    account.isAsking = true
    try {
      do await askOnce(account)
      while (account.waiting.length > 0)
    } catch {
      // Whatever it was: decided here and now, and asked again later.
      const nowMs = clock.elapsedMs()
      account.aloneUntilMs = nowMs + ALONE_MS
      for (const answer of account.waiting.splice(0)) answer(decideAlone(account, nowMs))
    } finally {
      account.isAsking = false
    }
  }

  async function askOnce(account: Account): Promise<void> {
    const { policy, key, debt } = account
    const nowMs = clock.elapsedMs()
    const back = nowMs < account.heldUntilMs ? 0 : account.held
    account.held -= back
    const shareMax = shareMaxOf(policy, redis.instances())
    const last = { share: account.share, heldMs: nowMs - account.askedAtMs, unused: back }
    account.share = nextShare(last, shareMax)
    account.askedAtMs = nowMs
    const wanted = account.waiting.length + Math.max(0, account.share - account.held)
    const outages = redis.outages()
    // Redis may have been restarted empty, or did not hear what was allowed without it.
    const knownMs = outages === account.outages ? 0 : Math.max(0, debt.untilMs - nowMs)
    const args = [policy.windowMs, policy.intervalMs].map(ms => ms * 1_000)
    trips++
    const reply = await redis.run(TAKE, { key, args: [...args, wanted, back, knownMs * 1_000] })
    account.outages = outages
    hear(account, takenOf(reply), wanted)
  }

  function hear(account: Account, taken: Taken, wanted: number): void {
    const { policy, waiting, debt } = account
    const nowMs = clock.elapsedMs()
    debt.untilMs = nowMs + taken.resetMs
    account.remaining = taken.remaining
    let left = taken.granted
    for (const answer of waiting.splice(0, left))
      answer(allow(policy, taken.remaining + --left, taken.resetMs))
    account.held += left
    if (left > 0) account.heldUntilMs = nowMs + leaseOf(policy)
    if (taken.granted >= wanted) return
    const pauseMs = account.share > 0 ? Math.max(REFUSED_MIN_MS, taken.waitMs) : taken.waitMs
    account.refusedUntilMs = nowMs + pauseMs
    for (const answer of waiting.splice(0)) answer(refuse(account, nowMs))
  }
}

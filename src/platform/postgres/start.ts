// The first connection: a server that is not there yet is waited for, a wrong password is told at once.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../observability/log.ts'
import { diagnose } from './diagnosis.ts'
import { DatabaseFailure } from './failure.ts'
import type { Target } from './target.ts'

type Needs<T> = {
  attempt(): Promise<T>
  target: Target
  waitMs: number
  retries?: boolean
  signal: AbortSignal
  log: Log
}

const RETRY_MS = 250

/** @throws DatabaseFailure which says what is wrong and what to try. */
export async function openWithin<T>(needs: Needs<T>): Promise<T> {
  const { attempt, target, waitMs, retries = true, signal, log } = needs
  const deadline = AbortSignal.timeout(waitMs)
  let last: unknown
  let isTold = false
  for (;;) {
    try {
      return await until(AbortSignal.any([signal, deadline]), attempt())
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!deadline.aborted || last === undefined) last = error
    }
    const { what, fix, isTransient } = diagnose(last, target)
    if (!isTransient || !retries || deadline.aborted) throw new DatabaseFailure(what, fix, last)
    if (!isTold) log.warn({ what, wait_ms: waitMs }, 'database_awaited')
    isTold = true
    await sleep(RETRY_MS)
  }
}

const until = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(timedOut()), { once: true })
    promise.then(resolve, reject)
  })

const timedOut = () =>
  Object.assign(new Error('The attempt took too long.'), { code: 'CONNECT_TIMEOUT' })

// One piece of work on somebody's behalf: who asks, and until when it is worth doing.

import type { Caller } from './caller.ts'

export type Call = {
  caller: Caller
  /**
   * Aborts when the deadline passes, when the client hangs up, or shortly before a shutdown cuts
   * what still runs. Its `reason` is the AppError to answer with. Whatever waits passes it on.
   */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  deadlineAtMs: number
  /** What the client calls this change by, where it may send it again (platform/idempotency). */
  idempotency?: Idempotency
}

export type Idempotency = {
  /** 1 to 255 printable ASCII characters; the caller's own, unknown to everybody else. */
  readonly key: string
  /** Set when the answer is the one that was given before. */
  replayed: boolean
}

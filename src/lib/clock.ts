// Time as a value, so that tests can hold it still.

export type Clock = {
  /** Wall clock in milliseconds since the epoch. */
  nowMs(): number
  /** Monotonic milliseconds, for durations. */
  elapsedMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
}

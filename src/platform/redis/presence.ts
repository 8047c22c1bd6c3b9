// Who is alive. Each instance says so once a second, and hears how many there are.

import { createScript } from './script.ts'

/** An instance that was not heard of for this long is not counted. */
export const PRESENT_MS = 10_000

// The time is Redis’s own, so that instances need not agree about theirs.
export const BEAT = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
`)

export const LEAVE = createScript(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

/**
 * How many instances there are, as far as is known. A Redis that has lost its memory hears of them
 * one after the other, so a number falls only once everybody had time to speak.
 */
export function createCount() {
  let count = 1
  let atMs = -Infinity

  return {
    current: () => count,
    hear(heard: number, nowMs: number) {
      if (heard < count && nowMs - atMs < PRESENT_MS) return
      atMs = nowMs
      count = Math.max(1, heard)
    },
  }
}

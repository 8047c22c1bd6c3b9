// The same algorithm inside Redis (gcra.ts): one script, one key, one number, by Redis’s own clock.

import { createScript } from '../redis/script.ts'

/**
 * Arguments: the window and the interval of the policy in microseconds, how many are wanted, how many
 * that were taken before are given back, and how much is owed at least (µs), as far as an instance
 * knows that has decided without Redis meanwhile.
 *
 * Replies: how many were granted, how many are left after that, until when one more is (µs from
 * now), until when all are.
 */
export const TAKE = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local wanted, back, known = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local before = tonumber(redis.call('GET', KEYS[1]) or 0)
local owed = math.max(0, before - now - back * interval, known)
-- A policy may have been narrowed, and the clock of another master may be behind.
owed = math.min(owed, window)

local free = math.floor((window - owed) / interval + 0.001)
local granted = math.min(wanted, free)
owed = owed + granted * interval
if owed > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', now + owed), 'PX', math.ceil(owed / 1000))
elseif before > 0 then
  redis.call('DEL', KEYS[1])
end

local wait = math.max(0, owed + interval - window)
return { granted, free - granted, math.ceil(wait), math.ceil(owed) }
`)

export type Taken = { granted: number; remaining: number; waitMs: number; resetMs: number }

export function takenOf(reply: unknown): Taken {
  const numbers = Array.isArray(reply) ? reply.map(Number) : []
  const [granted = 0, remaining = 0, waitUs = 0, resetUs = 0] = numbers
  return { granted, remaining, waitMs: waitUs / 1_000, resetMs: resetUs / 1_000 }
}

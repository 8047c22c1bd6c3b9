// How many calls may be under way: in all, and of one caller. Health is not among them.

import type { Caller } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'

export type CrowdBounds = { inFlightMax: number; inFlightCallerMax: number }

export type Crowd = ReturnType<typeof createCrowd>

export function createCrowd({ inFlightMax, inFlightCallerMax }: CrowdBounds) {
  const callers = new Map<string, number>()

  return { requireRoom, enter }

  /** @throws AppError `too_many_in_flight` */
  function requireRoom(inFlight: number): void {
    if (inFlight > inFlightMax)
      throw new AppError('too_many_in_flight', 'This instance has as much to do as it can.')
  }

  /** Counts a call of this caller; whoever enters has to leave. @throws AppError `rate_limited` */
  function enter({ id }: Caller): () => void {
    const own = (callers.get(id) ?? 0) + 1
    if (own > inFlightCallerMax)
      throw new AppError('rate_limited', `More than ${inFlightCallerMax} of your calls at once.`, {
        retryAfterS: 1,
      })
    callers.set(id, own)
    return () => leave(id)
  }

  function leave(id: string): void {
    const left = (callers.get(id) ?? 1) - 1
    if (left === 0) callers.delete(id)
    else callers.set(id, left)
  }
}

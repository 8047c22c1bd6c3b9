// A decision against a request, as the error that every transport knows how to render.

import { AppError } from '#lib/errors.ts'
import type { Decision } from './decision.ts'

/** For a decision that is not `allowed`. */
export const refusal = ({ policy, retryAfterS }: Decision): AppError =>
  new AppError(
    'rate_limited',
    `The limit "${policy?.name}" of ${policy?.limit} in ${(policy?.windowMs ?? 0) / 1_000} s is used up.`,
    { retryAfterS },
  )

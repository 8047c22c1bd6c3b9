// The one error that features throw and transports translate. `error-codes.ts` has what each means.

import { type ErrorCode, errorEntry } from './error-codes.ts'

/** One broken rule. `pointer` is a JSON Pointer into the body (RFC 6901), `parameter` a name in the query or path. */
export type Problem = { pointer?: string; parameter?: string; detail: string }

type More = {
  errors?: readonly Problem[]
  retryAfterS?: number
  /** Only logs see it; never sent to a caller. */
  cause?: unknown
}

// `message` is safe to show a caller. What is not goes in `cause`.
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly errors: readonly Problem[]
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, detail: string, more: More = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.errors = more.errors ?? []
    this.retryAfterS = more.retryAfterS ?? (errorEntry(code).status === 503 ? 1 : undefined)
  }
}

export const isAppError = (error: unknown, code?: ErrorCode): error is AppError =>
  error instanceof AppError && (code === undefined || error.code === code)

/** What was thrown, as an AppError: unforeseen errors become `internal` and keep their cause. */
export const toAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError
    ? thrown
    : new AppError('internal', 'Something went wrong on our side.', { cause: thrown })

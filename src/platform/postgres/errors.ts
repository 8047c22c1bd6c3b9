// What PostgreSQL and its driver report, in Zerg's own words. What has none stays a PostgresError.

import postgres from 'postgres'
import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '#lib/errors.ts'

/**
 * Gives a broken constraint the name that the domain knows it by:
 * `.catch(onConstraint({ projects_owner_id_name_key: () => new AppError('project_name_taken', …) }))`.
 */
export const onConstraint =
  (meanings: Readonly<Record<string, () => AppError>>) =>
  (error: unknown): never => {
    const name = error instanceof postgres.PostgresError ? error.constraint_name : undefined
    const meaning = name === undefined ? undefined : meanings[name]
    throw meaning ? meaning() : error
  }

/** What a caller would own has nobody to be owned by: they were removed since their token was looked at. */
export const callerIsGone = (): AppError =>
  new AppError('invalid_token', 'Whoever the token stands for is not there any more.')

const SEVERED = 'The database cannot be reached.'
const CONTENDED = 'Another change was in the way; nothing was done.'

// SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '53100': ['storage_full', 'There is no room left to keep the change.'],
  // A statement_timeout: a statement that we cancelled ourselves answers with its call's own reason.
  '57014': ['deadline_exceeded', 'A database statement ran longer than it may, and was ended.'],
  '25P03': ['deadline_exceeded', 'A transaction was idle longer than it may be, and was ended.'],
  '55P03': ['database_busy', 'A lock did not become free in time; nothing was done.'],
  '40001': ['database_busy', CONTENDED],
  '40P01': ['database_busy', CONTENDED],
  // Writing to what has become a standby: a failover, and our connection is on the wrong side.
  '25006': ['database_unavailable', 'The database accepts no changes at the moment.'],
  '53200': ['database_unavailable', SEVERED],
  '53300': ['database_unavailable', SEVERED],
}

/** Errors of the socket, of name resolution and of the driver about its connection. */
const CONNECTION_CODES = new Set(
  (
    'CONNECTION_CLOSED CONNECTION_DESTROYED CONNECTION_ENDED CONNECT_TIMEOUT ' +
    'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT ENOENT EACCES EHOSTUNREACH EHOSTDOWN ' +
    'ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN FailedToOpenSocket'
  ).split(' '),
)

/** The error's code, where it has one: a SQLSTATE, or what the socket or driver calls it. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Whether the connection that this error came over is of no more use. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error)
  // Class 08 is "connection exception", 57P01 to 57P05 "the server ends this session".
  return (
    CONNECTION_CODES.has(code) ||
    code.startsWith('57P0') ||
    (code.startsWith('08') && error instanceof postgres.PostgresError) ||
    code === '25006'
  )
}

export const databaseUnavailable = (cause: unknown): AppError =>
  new AppError('database_unavailable', SEVERED, { cause })

export const databaseClosed = (): AppError =>
  new AppError('shutting_down', 'This instance is shutting down.')

/** The AppError that this error means to a caller, or the error itself where it has no general meaning. */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error
  const meaning = MEANINGS[codeOf(error)]
  if (meaning) return new AppError(meaning[0], meaning[1], { cause: error })
  return isConnectionError(error) ? databaseUnavailable(error) : error
}

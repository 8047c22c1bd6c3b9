// Every error that Zerg can answer with, once: what `docs/errors.md`, `zerg explain`,
// `GET /errors/{code}` and both transports read. A code, once published, never changes its meaning.

import { BOUND_ERRORS } from './error-codes-bounds.ts'
import { entry, type ErrorEntry } from './error-entry.ts'

export type { ErrorEntry } from './error-entry.ts'

export const ERROR_CODES = {
  ...BOUND_ERRORS,
  malformed_json: entry(400, 'The body is not valid JSON', {
    meaning: 'The request body could not be parsed, so nothing was done.',
    cause: 'A syntax error, a cut body, or a body that is not UTF-8.',
    fix: 'Send one complete JSON value in UTF-8; `detail` says where parsing stopped.',
  }),
  invalid_path_parameter: entry(400, 'A part of the path is not valid', {
    meaning: 'An id in the path does not have the form of an id.',
    cause: 'Ids are UUIDs in their hyphenated form.',
    fix: 'Use an id as it was returned by the API.',
  }),
  invalid_query: entry(400, 'The query string is not valid', {
    meaning: 'One or more query parameters are unknown or have a value outside their range.',
    cause: 'A typing error, a parameter of another route, or a value of another type.',
    fix: 'Correct each parameter named in `errors`.',
  }),
  invalid_cursor: entry(400, 'The cursor is not valid', {
    meaning: 'The `cursor` was not made by this list with this order.',
    cause: 'It was cut, altered, or used with another `sort` or another `q`.',
    fix: 'Start again without `cursor`, and follow `next_cursor` or the `Link` header.',
  }),
  invalid_header: entry(400, 'A header is not valid', {
    meaning: 'A header that changes how the request is handled could not be understood.',
    cause: 'For example an `If-Match` without quotes or an unreadable `Request-Timeout`.',
    fix: 'Correct the header named in `detail`, or leave it out.',
  }),
  authentication_required: entry(401, 'Nobody said who is asking', {
    meaning: 'The route answers only callers that it knows.',
    cause: 'The request carries no token.',
    fix: 'Send `Authorization: Bearer …` with an access token or an API key.',
  }),
  invalid_token: entry(401, 'The token is not valid', {
    meaning: 'The token was not made by anybody whom this server trusts, or is good no more.',
    cause:
      'It was cut or altered, revoked, its user was disabled, or it was made for another service.',
    fix: 'Sign in again, or use another API key. Tokens are read from the `Authorization` header only.',
  }),
  token_expired: entry(401, 'The token has expired', {
    meaning: 'The token was valid, but its time is over.',
    cause: 'Access tokens live for minutes; API keys may have an end.',
    fix: 'Get a new one with the refresh token, or sign in again.',
  }),
  invalid_credentials: entry(401, 'The sign-in is not right', {
    meaning: 'Nobody is signed in by this e-mail address and this password.',
    cause:
      'One of them is wrong, or the account is disabled or has no password; the answer is the same for all of these.',
    fix: 'Check both. An administrator can set a new password.',
  }),
  insufficient_scope: entry(403, 'The token is not good for this', {
    meaning: 'The token is valid, but was narrowed to scopes that do not include this.',
    cause: 'An API key has only the scopes that it was made with.',
    fix: 'Use a key with the scope that `detail` names.',
  }),
  forbidden: entry(403, 'Not allowed', {
    meaning: 'The caller may see this resource but may not do this with it.',
    cause: 'The caller lacks the role or the membership that the action needs.',
    fix: 'Ask an owner of the project or an administrator.',
  }),
  registration_closed: entry(403, 'Nobody can register here', {
    meaning: 'Accounts are made by administrators.',
    cause: '`ZERG_REGISTRATION` is off, as it is by default.',
    fix: 'Ask an administrator for an account.',
  }),
  route_not_found: entry(404, 'No such route', {
    meaning: 'Nothing is served under this path.',
    cause: 'A typing error, a missing `/api/v1`, or a trailing slash.',
    fix: 'Compare the path with the API document at /openapi.json.',
  }),
  task_not_found: entry(404, 'No such task', {
    meaning: 'There is no task with this id that the caller may see.',
    cause: 'It was deleted, never existed, or belongs to somebody else.',
    fix: 'Check the id; list the tasks to find those that exist.',
  }),
  project_not_found: entry(404, 'No such project', {
    meaning: 'There is no project with this id that the caller may see.',
    cause: 'It was deleted, never existed, or belongs to somebody else.',
    fix: 'Check the id; list the projects to find those that exist.',
  }),
  member_not_found: entry(404, 'No such member', {
    meaning: 'The user is not a member of this project.',
    cause: 'The membership was removed or never existed.',
    fix: 'List the members of the project.',
  }),
  key_not_found: entry(404, 'No such API key', {
    meaning: 'There is no API key with this id that the caller may see.',
    cause: 'It never existed, or belongs to somebody else.',
    fix: 'Check the id; list the keys to find those that exist.',
  }),
  user_not_found: entry(404, 'No such user', {
    meaning: 'There is no user with this id that the caller may see.',
    cause: 'They were removed, never existed, or the caller may see only themselves.',
    fix: 'Check the id; administrators can list the users.',
  }),
  session_not_found: entry(404, 'No such session', {
    meaning: 'The caller has no session with this id.',
    cause: 'It has ended, never existed, or is somebody else’s.',
    fix: 'List the sessions to find those that are left.',
  }),
  audit_entry_not_found: entry(404, 'No such entry of the audit log', {
    meaning: 'There is no entry with this id that the caller may see.',
    cause: 'It never existed, its month was pruned, or the caller is no auditor.',
    fix: 'Check the id; list the log to find those that exist.',
  }),
  error_code_not_found: entry(404, 'No such error code', {
    meaning: 'The error table has no entry of this name.',
    cause: 'A typing error, or a code of a newer version.',
    fix: '`zerg explain` without a name lists all codes.',
  }),
  method_not_allowed: entry(405, 'Method not allowed', {
    meaning: 'The path exists but does not answer this method.',
    cause: 'For example a POST to a single resource.',
    fix: 'Use one of the methods in the `Allow` header.',
  }),
  key_revoked: entry(409, 'The API key is revoked', {
    meaning: 'The key was revoked, so that it can be neither changed nor rotated.',
    cause: 'Revoking is for good: whoever has seen the secret must not get it back.',
    fix: 'Make another key.',
  }),
  project_name_taken: entry(409, 'The name is taken', {
    meaning: 'The owner already has a project of this name.',
    cause: 'Project names are unique for each owner.',
    fix: 'Choose another name, or change the existing project.',
  }),
  project_not_empty: entry(409, 'The project still has tasks', {
    meaning: 'A project with tasks is not deleted by accident.',
    cause: 'Tasks refer to the project.',
    fix: 'Delete with `?tasks=delete` to delete them too, or `?tasks=detach` to keep them without a project.',
  }),
  email_taken: entry(409, 'The e-mail address is taken', {
    meaning: 'Another user has this e-mail address, in whatever case it is written.',
    cause: 'E-mail addresses are unique, since people sign in by them.',
    fix: 'Use another address, or change the existing user.',
  }),
  last_admin: entry(409, 'Nobody would be left to administrate', {
    meaning: 'The last active administrator cannot be disabled, removed or given a lesser role.',
    cause: 'Somebody has to be able to manage users.',
    fix: 'Make another user an administrator first.',
  }),
  last_owner: entry(409, 'The project would be left without an owner', {
    meaning: 'The last owner of a project cannot be removed or given a lesser role.',
    cause: 'Every project needs somebody who may manage it.',
    fix: 'Make another member an owner first.',
  }),
  idempotency_in_flight: entry(409, 'The same request is under way', {
    meaning: 'A request with this `Idempotency-Key` is being carried out; nothing was done twice.',
    cause: 'It was repeated before the first one was answered.',
    fix: 'Repeat after `Retry-After`: the answer of the first one is replayed once it is there.',
  }),
  version_mismatch: entry(412, 'The resource has changed since it was read', {
    meaning: 'The change was not made, because it would have overwritten somebody else’s.',
    cause: 'The `If-Match` header or the `version` in the body names an older version.',
    fix: 'Read the resource again, apply the change to what it is now, and send its new `ETag`.',
  }),
  unsupported_media_type: entry(415, 'The content type is not supported', {
    meaning: 'The body is not declared as a type that this route reads.',
    cause: 'A missing or different `Content-Type`.',
    fix: 'Send `Content-Type: application/json` (for PATCH also `application/merge-patch+json`).',
  }),
  validation_failed: entry(422, 'The request is not valid', {
    meaning: 'The body is well-formed but breaks one or more rules; nothing was changed.',
    cause: 'Each entry of `errors` names a place and the rule that it breaks.',
    fix: 'Correct every place named in `errors`; unknown fields have to be left out.',
  }),
  reference_not_found: entry(422, 'Something referred to does not exist', {
    meaning: 'The body names a project or user that does not exist; nothing was changed.',
    cause: 'A wrong id, or something that was deleted meanwhile.',
    fix: 'Use the id of something that exists; `errors` names the field.',
  }),
  idempotency_key_reused: entry(422, 'The idempotency key was used for something else', {
    meaning: 'Another request, or another body, was carried out under this `Idempotency-Key`.',
    cause: 'A key that is not made anew for each change, or a body that differs in a repetition.',
    fix: 'Make a new random key for each change, and repeat with the same body only.',
  }),
  sign_in_slowed: entry(429, 'Too many failed sign-ins', {
    meaning: 'After several failures the next attempt has to wait; this one was not looked at.',
    cause: 'Wrong passwords for this account, or from this address, whoever sent them.',
    fix: 'Wait for `Retry-After`. Sessions that exist already go on, and refresh, as before.',
  }),
  client_closed_request: entry(499, 'The client closed the connection', {
    meaning: 'Nobody waited for the answer any more, so the work was ended; only logs see this.',
    cause: 'The client gave up, or its connection broke.',
    fix: 'For a change, read the resource first to see whether it was made.',
  }),
  internal: entry(500, 'Something went wrong on our side', {
    meaning: 'An error that Zerg did not foresee. The change may or may not have been made.',
    cause: 'A defect; the log has the details under the `request_id`.',
    fix: 'Report it with the `request_id`.',
  }),
  database_unavailable: entry(503, 'The database cannot be reached', {
    meaning: 'Zerg runs, but its database does not answer. Zerg reconnects by itself.',
    cause: 'The database is restarting, failing over, or cut off.',
    fix: 'Repeat after `Retry-After`; operators: look at /health on the operations port.',
  }),
  database_busy: entry(503, 'The database is busy', {
    meaning: 'No database connection became free in time; nothing was done.',
    cause: 'More work at once than the pool can carry, or slow statements.',
    fix: 'Repeat after `Retry-After`; operators: look at the `zerg_database_pool_…` metrics.',
  }),
  sign_in_busy: entry(503, 'Too many sign-ins at once', {
    meaning: 'Passwords are checked a few at a time, so that everything else goes on meanwhile.',
    cause: 'More sign-ins than this instance can check, perhaps a flood of them.',
    fix: 'Repeat after `Retry-After`.',
  }),
  identity_provider_unavailable: entry(503, 'The identity provider cannot be reached', {
    meaning: 'The token is of the identity provider, whose keys could not be fetched to check it.',
    cause:
      '`ZERG_OIDC_JWKS_URL` does not answer, and no keys of it are known that are recent enough.',
    fix: 'Repeat after `Retry-After`; tokens of Zerg itself go on working.',
  }),
  tasks_service_unavailable: entry(503, 'The Tasks service cannot be reached', {
    meaning: 'Task routes cannot be answered now; everything else works.',
    cause: 'The Tasks service behind `TASKS_SERVICE_ADDR` is down or restarting.',
    fix: 'Repeat after `Retry-After`.',
  }),
  shutting_down: entry(503, 'This instance is shutting down', {
    meaning: 'The request was still running when the time to shut down had run out, and was ended.',
    cause: 'The instance is being replaced. Whether a change was made is not known.',
    fix: 'Repeat on a new connection after `Retry-After`; for a change, read the resource first.',
  }),
  deadline_exceeded: entry(504, 'The request took too long', {
    meaning:
      'The request reached its deadline and was ended; statements still running were cancelled.',
    cause: 'A slow database, a lock, or a short `Request-Timeout` header.',
    fix: 'Repeat later; for a change, read the resource first to see whether it was made.',
  }),
  storage_full: entry(507, 'The storage is full', {
    meaning: 'The change was not made, because there is no room to keep it.',
    cause: 'The disk of the database is full.',
    fix: 'Operators: free or add space; reading still works.',
  }),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERROR_CODES

export const errorEntry = (code: ErrorCode): ErrorEntry => ERROR_CODES[code]

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text)

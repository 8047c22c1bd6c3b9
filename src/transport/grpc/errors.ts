// Errors on the wire: one table from our codes to gRPC's, and the way back for whoever calls us.

import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js'
import { type ErrorCode, isErrorCode } from '#lib/error-codes.ts'
import { AppError, toAppError } from '#lib/errors.ts'
import { decodeDetails, encodeDetails } from './details.ts'

const DETAILS_KEY = 'grpc-status-details-bin'
const MESSAGE_MAX_CHARACTERS = 500

/** A Record, so that a new code does not compile until it has a status. */
export const GRPC_STATUS: Readonly<Record<ErrorCode, Status>> = {
  malformed_json: Status.INVALID_ARGUMENT,
  invalid_path_parameter: Status.INVALID_ARGUMENT,
  invalid_query: Status.INVALID_ARGUMENT,
  invalid_cursor: Status.INVALID_ARGUMENT,
  invalid_header: Status.INVALID_ARGUMENT,
  authentication_required: Status.UNAUTHENTICATED,
  invalid_token: Status.UNAUTHENTICATED,
  token_expired: Status.UNAUTHENTICATED,
  invalid_credentials: Status.UNAUTHENTICATED,
  insufficient_scope: Status.PERMISSION_DENIED,
  forbidden: Status.PERMISSION_DENIED,
  registration_closed: Status.PERMISSION_DENIED,
  route_not_found: Status.UNIMPLEMENTED,
  task_not_found: Status.NOT_FOUND,
  project_not_found: Status.NOT_FOUND,
  member_not_found: Status.NOT_FOUND,
  key_not_found: Status.NOT_FOUND,
  user_not_found: Status.NOT_FOUND,
  session_not_found: Status.NOT_FOUND,
  audit_entry_not_found: Status.NOT_FOUND,
  error_code_not_found: Status.NOT_FOUND,
  method_not_allowed: Status.UNIMPLEMENTED,
  key_revoked: Status.FAILED_PRECONDITION,
  project_name_taken: Status.ALREADY_EXISTS,
  project_not_empty: Status.FAILED_PRECONDITION,
  email_taken: Status.ALREADY_EXISTS,
  last_admin: Status.FAILED_PRECONDITION,
  last_owner: Status.FAILED_PRECONDITION,
  idempotency_in_flight: Status.ABORTED,
  body_too_slow: Status.ABORTED,
  version_mismatch: Status.FAILED_PRECONDITION,
  payload_too_large: Status.RESOURCE_EXHAUSTED,
  uri_too_long: Status.INVALID_ARGUMENT,
  unsupported_media_type: Status.INVALID_ARGUMENT,
  validation_failed: Status.INVALID_ARGUMENT,
  reference_not_found: Status.FAILED_PRECONDITION,
  idempotency_key_reused: Status.INVALID_ARGUMENT,
  sign_in_slowed: Status.RESOURCE_EXHAUSTED,
  rate_limited: Status.RESOURCE_EXHAUSTED,
  header_too_large: Status.INVALID_ARGUMENT,
  client_closed_request: Status.CANCELLED,
  internal: Status.INTERNAL,
  database_unavailable: Status.UNAVAILABLE,
  database_busy: Status.UNAVAILABLE,
  sign_in_busy: Status.UNAVAILABLE,
  identity_provider_unavailable: Status.UNAVAILABLE,
  tasks_service_unavailable: Status.UNAVAILABLE,
  too_many_in_flight: Status.UNAVAILABLE,
  shutting_down: Status.UNAVAILABLE,
  deadline_exceeded: Status.DEADLINE_EXCEEDED,
  storage_full: Status.RESOURCE_EXHAUSTED,
}

/** What to answer when a handler has thrown this. What is not an AppError tells nothing of itself. */
export function toStatus(thrown: unknown): StatusObject {
  const error = toAppError(thrown)
  const code = GRPC_STATUS[error.code]
  const metadata = new Metadata()
  const details = clipped(error.message)
  metadata.set(DETAILS_KEY, encodeDetails(error, { code, message: details }))
  return { code, details, metadata }
}

/** The AppError that a server of ours threw; undefined where the status comes from somewhere else. */
export function fromStatus({ details, metadata }: StatusObject): AppError | undefined {
  const [bytes] = metadata.get(DETAILS_KEY)
  if (!Buffer.isBuffer(bytes)) return undefined
  const { reason, problems, retryAfterS } = decodeDetails(bytes)
  if (reason === undefined || !isErrorCode(reason)) return undefined
  return new AppError(reason, details, {
    errors: problems,
    ...(retryAfterS !== undefined && { retryAfterS }),
  })
}

const clipped = (message: string) =>
  message.length <= MESSAGE_MAX_CHARACTERS
    ? message.toWellFormed()
    : `${message.slice(0, MESSAGE_MAX_CHARACTERS).toWellFormed()}…`

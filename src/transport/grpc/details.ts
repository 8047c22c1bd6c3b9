// An AppError as `grpc-status-details-bin` carries it (google.rpc.Status), and back.

import type { AppError, Problem } from '#lib/errors.ts'
import { BadRequest, ErrorInfo, RetryInfo } from './proto/google/rpc/error_details.gen.ts'
import { Status } from './proto/google/rpc/status.gen.ts'

const DOMAIN = 'zerg'
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.'

// Trailers are headers: many clients take no more than 8 or 16 KiB of them.
const VIOLATIONS_MAX_BYTES = 4_096

export type Details = {
  /** The error code as it was sent; undefined where the error is not one of ours. */
  reason: string | undefined
  problems: readonly Problem[]
  retryAfterS: number | undefined
}

/** Serialises what a client may know about an error beside its status and message. */
export function encodeDetails(error: AppError, as: { code: number; message: string }): Buffer {
  const details = [
    any(
      'ErrorInfo',
      ErrorInfo.encode({ reason: error.code, domain: DOMAIN, metadata: {} }).finish(),
    ),
  ]
  if (error.errors.length > 0)
    details.push(
      any(
        'BadRequest',
        BadRequest.encode({ fieldViolations: violationsOf(error.errors) }).finish(),
      ),
    )
  if (error.retryAfterS !== undefined)
    details.push(
      any(
        'RetryInfo',
        RetryInfo.encode({
          retryDelay: { seconds: BigInt(Math.ceil(error.retryAfterS)), nanos: 0 },
        }).finish(),
      ),
    )
  return Buffer.from(Status.encode({ ...as, details }).finish())
}

/** What the bytes say; nothing where they are not a google.rpc.Status. */
export function decodeDetails(bytes: Uint8Array): Details {
  const found: Details = { reason: undefined, problems: [], retryAfterS: undefined }
  for (const { typeUrl, value } of decoded(bytes)) {
    if (typeUrl === `${TYPE_PREFIX}ErrorInfo`) {
      const { domain, reason } = ErrorInfo.decode(value)
      if (domain === DOMAIN) found.reason = reason
    }
    if (typeUrl === `${TYPE_PREFIX}BadRequest`)
      found.problems = BadRequest.decode(value).fieldViolations.map(({ field, description }) =>
        problemOf(field, description),
      )
    if (typeUrl === `${TYPE_PREFIX}RetryInfo`)
      found.retryAfterS = Number(RetryInfo.decode(value).retryDelay?.seconds ?? 1n)
  }
  return found
}

function decoded(bytes: Uint8Array) {
  try {
    return Status.decode(bytes).details
  } catch {
    // A proxy in between may have put something of its own there.
    return []
  }
}

const any = (name: string, value: Uint8Array) => ({
  typeUrl: TYPE_PREFIX + name,
  value: Buffer.from(value),
})

// A pointer begins with a slash (or is empty, the whole body), a parameter's name does not.
const problemOf = (field: string, detail: string): Problem =>
  field === '' || field.startsWith('/') ? { pointer: field, detail } : { parameter: field, detail }

function violationsOf(problems: readonly Problem[]) {
  let room = VIOLATIONS_MAX_BYTES
  const violations = []
  for (const { pointer, parameter, detail } of problems) {
    const field = pointer ?? parameter ?? ''
    room -= Buffer.byteLength(field) + Buffer.byteLength(detail) + 8
    if (room < 0) break
    violations.push({ field, description: detail, reason: '' })
  }
  return violations
}

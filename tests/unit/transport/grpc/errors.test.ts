import { status as Status } from '@grpc/grpc-js'
import { describe, expect, test } from 'bun:test'
import { ERROR_CODES, type ErrorCode, errorEntry } from '#lib/error-codes.ts'
import { AppError } from '#lib/errors.ts'
import { decodeDetails } from '#transport/grpc/details.ts'
import { fromStatus, GRPC_STATUS, toStatus } from '#transport/grpc/errors.ts'

const codes = Object.keys(ERROR_CODES) as ErrorCode[]

describe('an error on its way through gRPC', () => {
  test.each(codes)('%s arrives as it was thrown', code => {
    const thrown = new AppError(code, 'Ümläute and 100 % of it.', {
      errors: [
        { pointer: '/title', detail: 'is required' },
        { pointer: '', detail: 'must be an object' },
        { parameter: 'limit', detail: 'must be a number' },
      ],
      retryAfterS: 7,
    })
    const arrived = fromStatus(toStatus(thrown))
    expect(arrived).toMatchObject({
      code,
      message: thrown.message,
      errors: thrown.errors,
      retryAfterS: 7,
    })
  })

  // A proxy or a client that knows only the status must not take a lost database for a missing task.
  test.each(codes)('%s has a status of the same kind as over HTTP', code => {
    const kinds: Record<number, Status[]> = {
      401: [Status.UNAUTHENTICATED],
      403: [Status.PERMISSION_DENIED],
      404: [Status.NOT_FOUND, Status.UNIMPLEMENTED],
      499: [Status.CANCELLED],
      500: [Status.INTERNAL],
      503: [Status.UNAVAILABLE],
      504: [Status.DEADLINE_EXCEEDED],
    }
    const expected = kinds[errorEntry(code).status] ?? [
      Status.INVALID_ARGUMENT,
      Status.FAILED_PRECONDITION,
      Status.ALREADY_EXISTS,
      Status.ABORTED,
      Status.RESOURCE_EXHAUSTED,
      Status.UNIMPLEMENTED,
    ]
    expect(expected).toContain(GRPC_STATUS[code])
  })

  test('what nobody foresaw tells nothing of itself', () => {
    const status = toStatus(new Error('password authentication failed for user "zerg"'))
    expect(status.code).toBe(Status.INTERNAL)
    expect(JSON.stringify([status.details, status.metadata.toHttp2Headers()])).not.toContain(
      'password',
    )
    const [bytes] = status.metadata.get('grpc-status-details-bin')
    expect(String(bytes)).not.toContain('password')
  })

  // Trailers larger than a client takes would cost it the whole answer.
  test('a hundred long complaints still fit into the trailers', () => {
    const errors = Array.from({ length: 100 }, (_, index) => ({
      pointer: `/field-${index}`,
      detail: 'ü'.repeat(200),
    }))
    const status = toStatus(new AppError('validation_failed', 'x'.repeat(10_000), { errors }))
    const size = JSON.stringify(status.metadata.toHttp2Headers()).length + status.details.length
    expect(size).toBeLessThan(8_000)
    expect(fromStatus(status)?.errors.length).toBeGreaterThan(5)
  })

  test('half a surrogate pair in a message does not break the answer', () => {
    expect(toStatus(new AppError('validation_failed', '\ud800 is no text')).details).toBe(
      '� is no text',
    )
  })

  test('details of somebody else are not taken for ours', () => {
    expect(decodeDetails(Buffer.from('no protobuf at all'))).toMatchObject({ reason: undefined })
    expect(decodeDetails(Buffer.alloc(0))).toMatchObject({ reason: undefined })
  })
})

// What an operation can answer because of its kind, beside what it says itself.

import { type ErrorCode, errorEntry } from '#lib/error-codes.ts'
import { OPEN } from '../access.ts'
import type { Operation } from './documented.ts'

export type Place = { method: string; path: string; operation: Operation }

const NEEDS = {
  nothing: [],
  database: ['database_unavailable', 'database_busy'],
  tasks: ['database_unavailable', 'database_busy', 'tasks_service_unavailable'],
} as const satisfies Record<string, readonly ErrorCode[]>

/** Every error that the operation can answer with, by status. */
export function errorsByStatus(place: Place): Map<number, ErrorCode[]> {
  const codes = new Set([...(place.operation.errors ?? []), ...implied(place)])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = errorEntry(code)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return byStatus
}

function implied({ method, path, operation }: Place): ErrorCode[] {
  const { needs = 'nothing', query, body } = operation
  const isChange = !isRead(method)
  const hasIdInPath = Object.values(operation.path ?? {}).some(value => typeof value === 'string')
  const isOpen = operation.rule === OPEN
  const codes: [boolean, readonly ErrorCode[]][] = [
    [!isOpen, CALLERS],
    [hasIdInPath, ['invalid_path_parameter']],
    [query !== undefined || isVersioned(path), ['invalid_query']],
    [query !== undefined && 'cursor' in query.properties, ['invalid_cursor']],
    [operation.limit !== 'none', LIMITS],
    [body !== undefined, BODY],
    [operation.idempotency === 'kept', KEYS],
    [true, NEEDS[needs]],
    [isChange && needs !== 'nothing', ['storage_full']],
    [true, EVERYWHERE],
  ]
  return codes.flatMap(([holds, some]) => (holds ? some : []))
}

// Whoever asks has to say who they are.
const CALLERS = [
  'authentication_required',
  'invalid_token',
  'token_expired',
  'insufficient_scope',
  'identity_provider_unavailable',
] as const

const LIMITS = ['rate_limited', 'too_many_in_flight'] as const

// The pipeline answers these whatever the route.
const EVERYWHERE = [
  'invalid_header',
  'uri_too_long',
  'header_too_large',
  'internal',
  'deadline_exceeded',
  'shutting_down',
] as const

const BODY = [
  'body_too_slow',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
] as const

const KEYS = ['idempotency_in_flight', 'idempotency_key_reused'] as const

export const isRead = (method: string) => method === 'get' || method === 'head'

/** The API proper, which refuses query parameters that it does not know. */
const isVersioned = (path: string) => path.startsWith('/api/')

// What gRPC clients ask, as the shapes that REST's bodies and queries have, checked by the same rules.

import { AppError, isAppError, type Problem } from '#lib/errors.ts'
import { idFromBytes } from '#lib/id.ts'
import { parseShape } from '#lib/shape.ts'
import type { Timestamp } from '#transport/grpc/proto/google/protobuf/timestamp.gen.ts'
import type {
  CreateRequest,
  ListRequest,
  ListStreamRequest,
  ReplaceRequest,
  UpdateByIdRequest,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { fromTimestamp, priorityWord, statusWord } from './messages.ts'
import {
  LIMIT_MAX,
  NewTask,
  PRIORITIES,
  STATUSES,
  TaskChange,
  TaskQuery,
  TaskReplacement,
} from './model.ts'

export const OFFSET_MAX = 10_000

// In the order of `ClearableField`, whose 0 means nothing.
const CLEARABLE = ['description', 'project_id', 'assignee_id', 'due_date', 'status', 'priority']

/** Stands where a value could not be made out, so that all such places are told at once. */
type Wrong = { wrong: string }
const wrong = (detail: string): Wrong => ({ wrong: detail })

/** @throws AppError `validation_failed` when the bytes are not 16. */
export function readId(bytes: Uint8Array, pointer = '/id'): string {
  const id = idFromBytes(bytes)
  if (id !== undefined) return id
  throw invalid([{ pointer, detail: NOT_AN_ID }])
}

export function readIds(all: readonly Uint8Array[]): string[] {
  if (all.length > LIMIT_MAX)
    throw invalid([{ pointer: '/ids', detail: `must have at most ${LIMIT_MAX} entries` }])
  return all.map((bytes, index) => readId(bytes, `/ids/${index}`))
}

/** The expected version, if one was sent. @throws AppError `validation_failed` below 1. */
export const readVersion = (version: number | undefined): number | undefined =>
  version === undefined ? undefined : checked(TaskChange, { version }).version

export function readNewTask(request: CreateRequest): NewTask & { id?: string } {
  const body = checked(NewTask, {
    title: request.title,
    description: request.description,
    status: request.status === 0 ? undefined : status(request.status),
    priority: request.priority === 0 ? undefined : priority(request.priority),
    project_id: id(request.projectId),
    assignee_id: id(request.assigneeId),
    due_date: due(request),
  })
  return request.id === undefined ? body : { ...body, id: readId(request.id) }
}

export const readReplacement = (request: ReplaceRequest): TaskReplacement =>
  checked(TaskReplacement, {
    title: request.title,
    description: request.description,
    status: request.status === 0 ? undefined : status(request.status),
    priority: request.priority === 0 ? undefined : priority(request.priority),
    project_id: id(request.projectId),
    assignee_id: id(request.assigneeId),
    due_date: due(request),
    version: request.expectedVersion,
  })

export function readChange(request: UpdateByIdRequest): TaskChange {
  const body: Record<string, unknown> = {
    title: request.title,
    description: request.description,
    status: statusOrCompleted(request),
    priority: priority(request.priority),
    project_id: idOrNull(request.projectId),
    assignee_id: idOrNull(request.assigneeId),
    due_date: due(request),
    version: request.expectedVersion,
  }
  for (const cleared of request.clear) {
    const field = CLEARABLE[cleared - 1]
    if (field === undefined) body['clear'] = wrong('names a field that cannot be cleared')
    else body[field] = body[field] == null ? null : wrong('is both set and cleared')
  }
  return checked(TaskChange, body)
}

export function readQuery(
  request: Omit<ListRequest, 'offset'> | ListStreamRequest,
): Omit<TaskQuery, 'limit'> {
  return checked(TaskQuery, {
    status: status(request.status),
    priority: priority(request.priority),
    completed: request.completed,
    project_id: id(request.projectId),
    assignee_id: id(request.assigneeId),
    owner_id: id(request.ownerId),
    due_before: time(request.dueBefore),
    due_after: time(request.dueAfter),
    q: request.q === '' ? undefined : request.q,
    sort: request.sort === '' ? undefined : request.sort,
    cursor: request.pageToken === '' ? undefined : request.pageToken,
    limit: request.limit < 0 ? wrong('must not be negative') : undefined,
  })
}

/** @throws AppError `validation_failed` for what cannot be skipped. */
export function readOffset({ offset, pageToken }: ListRequest): number {
  const detail =
    offset < 0 || offset > OFFSET_MAX
      ? `must be from 0 to ${OFFSET_MAX}; page_token goes further`
      : offset > 0 && pageToken !== ''
        ? 'cannot be given with page_token'
        : undefined
  if (detail !== undefined) throw invalid([{ pointer: '/offset', detail }])
  return offset
}

const NOT_AN_ID = 'must be the 16 bytes of a UUID'

const id = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : (idFromBytes(bytes) ?? wrong(NOT_AN_ID))

// Empty bytes are how earlier clients clear a reference.
const idOrNull = (bytes: Uint8Array | undefined) => (bytes?.length === 0 ? null : id(bytes))

const status = (value: number | undefined) =>
  value === undefined
    ? undefined
    : (statusWord(value) ?? wrong(`must be one of ${STATUSES.join(', ')}, not ${value}`))

const priority = (value: number | undefined) =>
  value === undefined
    ? undefined
    : (priorityWord(value) ?? wrong(`must be one of ${PRIORITIES.join(', ')}, not ${value}`))

const time = (value: Timestamp | undefined) =>
  value === undefined ? undefined : (fromTimestamp(value) ?? wrong('must be a moment in time'))

const due = ({
  dueTime,
  dueDate,
}: {
  dueTime?: Timestamp | undefined
  dueDate?: bigint | undefined
}) => time(dueTime ?? (dueDate === undefined ? undefined : { seconds: dueDate, nanos: 0 }))

// `completed: false` without a status depends on what the task is now, and is for the edge to find out.
function statusOrCompleted({ status: sent, completed }: UpdateByIdRequest) {
  const word = status(sent)
  if (completed === undefined || (typeof word === 'object' && 'wrong' in word)) return word
  if (word === undefined) return completed ? 'done' : undefined
  return completed === (word === 'done') ? word : wrong('contradicts completed')
}

function checked<Shape extends Parameters<typeof parseShape>[0]>(
  shape: Shape,
  body: Record<string, unknown>,
) {
  const plain: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [field, value] of Object.entries(body))
    if (isWrong(value)) problems.push({ pointer: `/${field}`, detail: value.wrong })
    else if (value !== undefined) plain[field] = value
  if (problems.length === 0) return parseShape(shape, plain)
  throw invalid([...problems, ...problemsOf(shape, plain)])
}

const isWrong = (value: unknown): value is Wrong =>
  typeof value === 'object' && value !== null && 'wrong' in value

function problemsOf(shape: Parameters<typeof parseShape>[0], body: unknown): readonly Problem[] {
  try {
    parseShape(shape, body)
    return []
  } catch (error) {
    if (isAppError(error)) return error.errors
    throw error
  }
}

function invalid(errors: readonly Problem[]): AppError {
  const [first] = errors
  const detail =
    errors.length === 1 && first
      ? `\`${first.pointer?.slice(1)}\` ${first.detail}.`
      : `The request breaks ${errors.length} rules; see its field violations.`
  return new AppError('validation_failed', detail, { errors })
}

// Tasks as gRPC carries them: ids are 16 bytes, words are enums, times are seconds and Timestamps.

import { idFromBytes, idToBytes } from '#lib/id.ts'
import type { Timestamp } from '#transport/grpc/proto/google/protobuf/timestamp.gen.ts'
import type { CreateResponse, Priority, Status } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { PRIORITIES, STATUSES, type Task } from './model.ts'

/** Every answer that holds a task has these fields, whatever its name. */
export type TaskMessage = CreateResponse

// A Record each way, so that a new word or number does not compile until it has its counterpart.
const STATUS_NUMBER: Readonly<Record<Task['status'], Status>> = { todo: 1, in_progress: 2, done: 3 }
const PRIORITY_NUMBER: Readonly<Record<Task['priority'], Priority>> = {
  low: 1,
  medium: 2,
  high: 3,
  urgent: 4,
}

export const statusNumber = (status: Task['status']): Status => STATUS_NUMBER[status]
export const priorityNumber = (priority: Task['priority']): Priority => PRIORITY_NUMBER[priority]

/** Undefined for 0 and for numbers that nobody knows. */
export const statusWord = (value: number): Task['status'] | undefined =>
  STATUSES.find(word => STATUS_NUMBER[word] === value)

/** Undefined for 0 and for numbers that nobody knows. */
export const priorityWord = (value: number): Task['priority'] | undefined =>
  PRIORITIES.find(word => PRIORITY_NUMBER[word] === value)

/** Whole seconds and nanoseconds of an RFC 3339 text. */
export function toTimestamp(time: string): Timestamp {
  const ms = Date.parse(time)
  const seconds = Math.floor(ms / 1000)
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 }
}

/** RFC 3339 in UTC with milliseconds; undefined where it is no moment that can be written so. */
export function fromTimestamp({ seconds, nanos }: Timestamp): string | undefined {
  if (nanos < 0 || nanos > 999_999_999) return undefined
  const date = new Date(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

export function toMessage(task: Task): TaskMessage {
  const createTime = toTimestamp(task.created_at)
  const updateTime = toTimestamp(task.updated_at)
  const dueTime = task.due_date === null ? undefined : toTimestamp(task.due_date)
  return {
    id: idToBytes(task.id),
    title: task.title,
    description: task.description,
    completed: task.completed,
    projectId: bytesOrNone(task.project_id),
    priority: PRIORITY_NUMBER[task.priority],
    status: STATUS_NUMBER[task.status],
    dueDate: dueTime?.seconds,
    createdAt: createTime.seconds,
    updatedAt: updateTime.seconds,
    ownerId: idToBytes(task.owner_id),
    assigneeId: bytesOrNone(task.assignee_id),
    version: task.version,
    completeTime: task.completed_at === null ? undefined : toTimestamp(task.completed_at),
    dueTime,
    createTime,
    updateTime,
  }
}

/** @throws Error when a server sent what is not a task; whoever asks does not get half of one. */
export function fromMessage(message: TaskMessage): Task {
  return {
    id: required(idFromBytes(message.id), 'id'),
    title: message.title,
    description: message.description,
    status: required(statusWord(message.status), 'status'),
    priority: required(priorityWord(message.priority), 'priority'),
    completed: message.completed,
    completed_at: timeOrNull(message.completeTime, 'complete_time'),
    project_id: idOrNull(message.projectId, 'project_id'),
    assignee_id: idOrNull(message.assigneeId, 'assignee_id'),
    due_date: timeOrNull(message.dueTime, 'due_time'),
    owner_id: required(idFromBytes(message.ownerId), 'owner_id'),
    version: message.version,
    created_at: required(timeOrNull(message.createTime, 'create_time'), 'create_time'),
    updated_at: required(timeOrNull(message.updateTime, 'update_time'), 'update_time'),
  }
}

const bytesOrNone = (id: string | null) => (id === null ? undefined : idToBytes(id))

const idOrNull = (bytes: Uint8Array | undefined, field: string) =>
  bytes === undefined ? null : required(idFromBytes(bytes), field)

const timeOrNull = (time: Timestamp | undefined, field: string) =>
  time === undefined ? null : required(fromTimestamp(time), field)

function required<T>(value: T | null | undefined, field: string): T {
  if (value === undefined || value === null)
    throw new Error(`The Tasks service sent a task whose ${field} cannot be read.`)
  return value
}

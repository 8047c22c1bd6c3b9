// What callers of tasks ask, as the gRPC service takes it.

import { idToBytes } from '#lib/id.ts'
import {
  ClearableField,
  type CreateRequest,
  type ListRequest,
  type ReplaceRequest,
  type UpdateByIdRequest,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { priorityNumber, statusNumber, toTimestamp } from './messages.ts'
import type { NewTask, TaskChange, TaskQuery, TaskReplacement } from './model.ts'

// A Record, so that a new field of a change does not compile until it can be cleared over there.
const CLEARED: Readonly<Record<keyof Omit<TaskChange, 'title' | 'version'>, ClearableField>> = {
  description: ClearableField.CLEARABLE_FIELD_DESCRIPTION,
  status: ClearableField.CLEARABLE_FIELD_STATUS,
  priority: ClearableField.CLEARABLE_FIELD_PRIORITY,
  project_id: ClearableField.CLEARABLE_FIELD_PROJECT_ID,
  assignee_id: ClearableField.CLEARABLE_FIELD_ASSIGNEE_ID,
  due_date: ClearableField.CLEARABLE_FIELD_DUE_DATE,
}
const CLEARABLE = Object.keys(CLEARED) as (keyof typeof CLEARED)[]

export const toCreateRequest = (task: NewTask, id: string): CreateRequest => ({
  ...toContent(task),
  id: idToBytes(id),
})

export const toReplaceRequest = (id: string, replacement: TaskReplacement): ReplaceRequest => ({
  ...toContent(replacement),
  id: idToBytes(id),
  expectedVersion: replacement.version,
})

export const toUpdateRequest = (id: string, change: TaskChange): UpdateByIdRequest => ({
  id: idToBytes(id),
  title: change.title,
  description: change.description ?? undefined,
  status: change.status == null ? undefined : statusNumber(change.status),
  priority: change.priority == null ? undefined : priorityNumber(change.priority),
  projectId: bytes(change.project_id),
  assigneeId: bytes(change.assignee_id),
  dueTime: change.due_date == null ? undefined : toTimestamp(change.due_date),
  expectedVersion: change.version,
  clear: CLEARABLE.filter(field => change[field] === null).map(field => CLEARED[field]),
})

export const toListRequest = (query: TaskQuery & { offset?: number }): ListRequest => ({
  projectId: bytes(query.project_id),
  status: query.status && statusNumber(query.status),
  priority: query.priority && priorityNumber(query.priority),
  completed: query.completed,
  limit: query.limit ?? 0,
  offset: query.offset ?? 0,
  pageToken: query.cursor ?? '',
  sort: query.sort ?? '',
  q: query.q ?? '',
  assigneeId: bytes(query.assignee_id),
  ownerId: bytes(query.owner_id),
  dueBefore: query.due_before === undefined ? undefined : toTimestamp(query.due_before),
  dueAfter: query.due_after === undefined ? undefined : toTimestamp(query.due_after),
})

// Null stands for the default, which is what is left out means over there.
const toContent = (task: NewTask) => ({
  title: task.title,
  description: task.description ?? '',
  status: task.status == null ? 0 : statusNumber(task.status),
  priority: task.priority == null ? 0 : priorityNumber(task.priority),
  projectId: bytes(task.project_id),
  assigneeId: bytes(task.assignee_id),
  dueTime: task.due_date == null ? undefined : toTimestamp(task.due_date),
})

const bytes = (id: string | null | undefined) => (id == null ? undefined : idToBytes(id))

// What one may ask of tasks. The service in this process and the one behind gRPC are both this, and
// pass the same contract suite (tests/support/contracts/tasks.ts).

import type { Call } from '#lib/call.ts'
import type { NewTask, Task, TaskChange, TaskPage, TaskQuery, TaskReplacement } from './model.ts'

/**
 * Every function throws AppError and nothing else on purpose: `task_not_found`, `version_mismatch`,
 * `reference_not_found`, `invalid_query`, `invalid_cursor`, `forbidden`, and what the database or
 * the Tasks service adds. Arguments have been checked against their shapes by the edge.
 */
export type Tasks = {
  /**
   * With an `id` made by the caller (UUIDv7) a repeated call makes nothing new and returns the task
   * as it is now, so that it may be retried. The task's own id is made from it and the user's.
   */
  create(call: Call, task: NewTask & { id?: string }): Promise<Task>
  get(call: Call, id: string): Promise<Task>
  /** In the order of `ids`, each once; those that do not exist are left out. At most 200 ids. */
  batchGet(call: Call, ids: readonly string[]): Promise<Task[]>
  /** `offset` skips rows one by one: for the gRPC surface, which had it before there were cursors. */
  list(call: Call, query: TaskQuery & { offset?: number }): Promise<TaskPage>
  /** With a `version`, only if the task still has it. An empty change changes nothing, version included. */
  change(call: Call, id: string, change: TaskChange): Promise<Task>
  replace(call: Call, id: string, replacement: TaskReplacement): Promise<Task>
  remove(call: Call, id: string, expectedVersion?: number): Promise<void>
}

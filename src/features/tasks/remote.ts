// The same `Tasks`, answered by another process over gRPC.

import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError, isAppError } from '#lib/errors.ts'
import { idToBytes, newId } from '#lib/id.ts'
import { parseTime } from '#lib/time.ts'
import type { Check } from '#platform/health/check.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import { serviceCheck } from '#transport/grpc/client/check.ts'
import { openGrpcClient } from '#transport/grpc/client/client.ts'
import type { Credentials } from '#transport/grpc/client/metadata.ts'
import type { ChannelTls } from '#transport/grpc/tls.ts'
import { TasksServiceService as V1 } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { fromMessage } from './messages.ts'
import type { Task, TaskChange } from './model.ts'
import {
  toCreateRequest,
  toListRequest,
  toReplaceRequest,
  toUpdateRequest,
} from './remote-requests.ts'
import type { Tasks } from './tasks.ts'

type Needs = ChannelTls & {
  /** `host:port` each; a name may stand for several instances. */
  addresses: readonly string[]
  timeoutMs: number
  credentials: Credentials
  clock: Clock
  log: Log
  metrics: Metrics
}

export type RemoteTasks = {
  tasks: Tasks
  check: Check
  /** For the lifecycle: what this process may hold on to until its drain has ended. */
  resource: { start: () => void; close: () => void }
}

/** Begins to connect at once; calls before the first connection wait for it. */
export function connectTasks(needs: Needs): RemoteTasks {
  const client = openGrpcClient({
    ...needs,
    name: 'tasks-service',
    timeoutMs: () => needs.timeoutMs,
    unreachable: cause =>
      new AppError('tasks_service_unavailable', 'The Tasks service cannot be reached.', { cause }),
    metrics: needs.metrics.tasksService,
  })
  const { unary } = client

  return {
    tasks: { create, get, batchGet, list, change, replace, remove },
    check: serviceCheck(client, { name: 'tasks-service', service: 'tasks.v1.TasksService' }),
    resource: { start: () => undefined, close: client.close },
  }

  // The id is made here, so that a repetition cannot make a second task.
  async function create(call: Call, { id = newId(), ...task }: Parameters<Tasks['create']>[1]) {
    const request = toCreateRequest(task, id)
    return fromMessage(await unary(call, V1.create, { request, repeat: 'always' }))
  }

  async function get(call: Call, id: string) {
    const request = { id: idToBytes(id) }
    return fromMessage(await unary(call, V1.getById, { request, repeat: 'always' }))
  }

  async function batchGet(call: Call, ids: readonly string[]) {
    const request = { ids: ids.map(idToBytes) }
    const { data } = await unary(call, V1.batchGet, { request, repeat: 'always' })
    return data.map(fromMessage)
  }

  async function list(call: Call, query: Parameters<Tasks['list']>[1]) {
    const request = toListRequest(query)
    const { data, nextPageToken } = await unary(call, V1.list, { request, repeat: 'always' })
    return { data: data.map(fromMessage), next_cursor: nextPageToken || null }
  }

  async function change(call: Call, id: string, change: TaskChange) {
    const request = toUpdateRequest(id, change)
    return await versioned(call, { id, wanted: change }, async onUnsure =>
      fromMessage(await unary(call, V1.updateById, { request, ...repeatable(change), onUnsure })),
    )
  }

  async function replace(call: Call, id: string, replacement: Parameters<Tasks['replace']>[2]) {
    const request = toReplaceRequest(id, replacement)
    const wanted = { ...DEFAULTS, ...replacement }
    return await versioned(call, { id, wanted }, async onUnsure =>
      fromMessage(await unary(call, V1.replace, { request, ...repeatable(replacement), onUnsure })),
    )
  }

  async function remove(call: Call, id: string, expectedVersion?: number) {
    let isUnsure = false
    try {
      const request = { id: idToBytes(id), expectedVersion }
      const onUnsure = () => void (isUnsure = true)
      await unary(call, V1.deleteById, { request, repeat: 'always', onUnsure })
    } catch (error) {
      // An attempt was lost on the way, and now the task is gone: that is what was asked for.
      if (!isUnsure || !isAppError(error, 'task_not_found')) throw error
    }
  }

  // A change of one version can be made only once: if it was lost on the way and its repetition
  // meets the next version with exactly the content that was wanted, it had been made.
  async function versioned(
    call: Call,
    { id, wanted }: { id: string; wanted: TaskChange },
    send: (onUnsure: () => void) => Promise<Task>,
  ): Promise<Task> {
    let isUnsure = false
    try {
      return await send(() => void (isUnsure = true))
    } catch (error) {
      if (!isUnsure || !isAppError(error, 'version_mismatch')) throw error
      const now = await get(call, id)
      if (now.version !== (wanted.version ?? 0) + 1 || !holds(now, wanted)) throw error
      return now
    }
  }
}

// Without a version a change might overwrite, the second time, what somebody else wrote in between.
const repeatable = ({ version }: TaskChange): { repeat: 'always' | 'unprocessed' } => ({
  repeat: version === undefined ? 'unprocessed' : 'always',
})

// What null means for each field, and being left out for a replacement.
const DEFAULTS = {
  description: '',
  status: 'todo',
  priority: 'medium',
  project_id: null,
  assignee_id: null,
  due_date: null,
} as const

function holds(task: Task, wanted: TaskChange): boolean {
  const isDefault = (field: keyof typeof DEFAULTS) => task[field] === DEFAULTS[field]
  return (
    (wanted.title === undefined || task.title === wanted.title) &&
    CONTENT.every(field => {
      const value = wanted[field]
      if (value === undefined) return true
      if (value === null) return isDefault(field)
      return task[field] === (field === 'due_date' ? parseTime(value) : value)
    })
  )
}

const CONTENT = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]

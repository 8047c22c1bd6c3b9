// Tasks over gRPC, under the name of today and the one that earlier clients call.

import type { Call } from '#lib/call.ts'
import { idToBytes } from '#lib/id.ts'
import { TasksServiceService as Earlier } from '#transport/grpc/proto/tasks/tasks.gen.ts'
import {
  TasksServiceService as V1,
  type ListStreamRequest,
  type UpdateByIdRequest,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { type GrpcService, grpcService } from '#transport/grpc/service.ts'
import { toMessage } from './messages.ts'
import { LIMIT_DEFAULT, LIMIT_MAX } from './model.ts'
import { TASKS } from './policy.ts'
import {
  readChange,
  readId,
  readIds,
  readNewTask,
  readOffset,
  readQuery,
  readReplacement,
  readVersion,
} from './rpc-requests.ts'
import type { Tasks } from './tasks.ts'

const STREAM_PAGE = 100

type Offer = Parameters<typeof grpcService<typeof V1>>[2]

const RULES = {
  create: TASKS.create,
  getById: TASKS.read,
  deleteById: TASKS.remove,
  updateById: TASKS.change,
  list: TASKS.list,
  listStream: TASKS.list,
  batchGet: TASKS.read,
  replace: TASKS.replace,
} satisfies Offer['rules']

/** The services to hand to the gRPC server. */
export function taskRpc({ tasks }: { tasks: Tasks }): readonly GrpcService[] {
  const handlers = {
    create: async (call, request) => toMessage(await tasks.create(call, readNewTask(request))),
    getById: async (call, { id }) => toMessage(await tasks.get(call, readId(id))),
    deleteById: async (call, { id, expectedVersion }) => {
      await tasks.remove(call, readId(id), readVersion(expectedVersion))
      return {}
    },
    updateById: async (call, request) => toMessage(await change(call, request)),
    list: async (call, request) => {
      const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
      const query = { ...readQuery(request), limit, offset: readOffset(request) }
      const { data, next_cursor } = await tasks.list(call, query)
      return { data: data.map(toMessage), nextPageToken: next_cursor ?? '' }
    },
    listStream: stream,
    batchGet: async (call, request) => {
      const ids = readIds(request.ids)
      const found = await tasks.batchGet(call, ids)
      const missing = new Set(ids).difference(new Set(found.map(({ id }) => id)))
      return { data: found.map(toMessage), missingIds: [...missing].map(idToBytes) }
    },
    replace: async (call, request) =>
      toMessage(await tasks.replace(call, readId(request.id), readReplacement(request))),
  } satisfies Offer['handlers']

  const offer = { handlers, rules: RULES, keepsKeys: ['create'] as const }

  return [
    grpcService('tasks.v1.TasksService', V1, offer),
    grpcService('tasks.TasksService', Earlier, offer),
  ]

  async function change(call: Call, request: UpdateByIdRequest) {
    const id = readId(request.id)
    const change = readChange(request)
    const isReopened = request.completed === false && change.status === undefined
    // Taking back what is not done leaves it as far as it is.
    // An empty change shows the task to whoever may change it, whether or not they may read.
    if (isReopened && (await tasks.change(call, id, {})).completed) change.status = 'todo'
    return await tasks.change(call, id, change)
  }

  async function* stream(call: Call, request: ListStreamRequest) {
    const query = readQuery(request)
    let left = request.limit === 0 ? Infinity : request.limit
    while (left > 0) {
      const page = await tasks.list(call, { ...query, limit: Math.min(left, STREAM_PAGE) })
      for (const task of page.data) yield toMessage(task)
      if (page.next_cursor === null) return
      query.cursor = page.next_cursor
      left -= page.data.length
    }
  }
}

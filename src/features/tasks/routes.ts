// Tasks over HTTP.

import type { Call } from '#lib/call.ts'
import { expectedVersion } from '#lib/expected-version.ts'
import { parseQuery, parseShape } from '#lib/shape.ts'
import {
  answerChanged,
  answerCreated,
  answerNothing,
  answerPage,
  answerRead,
} from '#transport/http/answers.ts'
import { MERGE_PATCH, readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import { expectedVersions } from '#transport/http/preconditions.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import {
  changeTask,
  createTask,
  deleteTask,
  getTask,
  listProjectTasks,
  listTasks,
  replaceTask,
} from './documentation.ts'
import { NewTask, ProjectTaskQuery, TaskChange, TaskQuery, TaskReplacement } from './model.ts'
import type { Tasks } from './tasks.ts'

type Needs = {
  tasks: Tasks
  /** Throws `project_not_found` where the caller may not know of it. */
  projects: { requireSeen(call: Call, id: string): Promise<void> }
}

export function taskRoutes({ tasks, projects }: Needs) {
  return createRoutes('tasks')
    .get(
      '/tasks',
      async ({ request }) =>
        answerPage(request, await tasks.list(callOf(request), parseQuery(TaskQuery, request.url))),
      { detail: listTasks },
    )
    .post(
      '/tasks',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(NewTask, await readJson(request))
        const task = await tasks.create(callOf(request), given)
        const location = `/api/v1/tasks/${task.id}`
        return answerCreated(request, task, { location, version: task.version })
      },
      { detail: createTask },
    )
    .get(
      '/tasks/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const task = await tasks.get(callOf(request), readId(params.id))
        return answerRead(request, task, { version: task.version })
      },
      { detail: getTask },
    )
    .patch(
      '/tasks/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(TaskChange, await readJson(request, { types: MERGE_PATCH }))
        const version = await meant(request, id, given.version)
        const task = await tasks.change(call, id, { ...given, ...version })
        return answerChanged(request, task, { version: task.version })
      },
      { detail: changeTask },
    )
    .put(
      '/tasks/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(TaskReplacement, await readJson(request))
        const version = await meant(request, id, given.version)
        const task = await tasks.replace(call, id, { ...given, ...version })
        return answerChanged(request, task, { version: task.version })
      },
      { detail: replaceTask },
    )
    .delete(
      '/tasks/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const id = readId(params.id)
        const { version } = await meant(request, id)
        await tasks.remove(callOf(request), id, version)
        return answerNothing(request)
      },
      { detail: deleteTask },
    )
    .get(
      '/projects/:id/tasks',
      async ({ request, params }) => {
        const [call, project_id] = [callOf(request), readId(params.id)]
        const query = parseQuery(ProjectTaskQuery, request.url)
        const page = await tasks.list(call, { ...query, project_id })
        // Only an empty page leaves open whether there is such a project.
        if (page.data.length === 0) await projects.requireSeen(call, project_id)
        return answerPage(request, page)
      },
      { detail: listProjectTasks },
    )

  async function meant(
    request: Request,
    id: string,
    inBody?: number,
  ): Promise<{ version?: number }> {
    // An empty change shows what is there to whoever may change it, whether or not they may read.
    const current = async () => (await tasks.change(callOf(request), id, {})).version
    const version = await expectedVersion(expectedVersions(request), inBody, current)
    return version === undefined ? {} : { version }
  }
}

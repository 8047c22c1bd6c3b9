// Projects over HTTP.

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
  changeProject,
  createProject,
  deleteProject,
  getProject,
  listProjects,
  replaceProject,
} from './documentation.ts'
import type { Projects } from './index.ts'
import { memberRoutes } from './member-routes.ts'
import {
  NewProject,
  ProjectChange,
  ProjectQuery,
  ProjectRemoval,
  ProjectReplacement,
} from './model.ts'

type Needs = { projects: Projects }

/** Of projects and of their members. */
export const projectRoutes = ({ projects }: Needs) =>
  createRoutes('projects-and-members', '')
    .use(ownRoutes({ projects }))
    .use(memberRoutes({ projects }))

function ownRoutes({ projects }: Needs) {
  return createRoutes('projects')
    .get(
      '/projects',
      async ({ request }) => {
        const query = parseQuery(ProjectQuery, request.url)
        return answerPage(request, await projects.list(callOf(request), query))
      },
      { detail: listProjects },
    )
    .post(
      '/projects',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(NewProject, await readJson(request))
        const project = await projects.create(callOf(request), given)
        const location = `/api/v1/projects/${project.id}`
        return answerCreated(request, project, { location, version: project.version })
      },
      { detail: createProject },
    )
    .get(
      '/projects/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const project = await projects.get(callOf(request), readId(params.id))
        return answerRead(request, project, { version: project.version })
      },
      { detail: getProject },
    )
    .patch(
      '/projects/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(ProjectChange, await readJson(request, { types: MERGE_PATCH }))
        const version = await meant(request, id, given.version)
        const project = await projects.change(call, id, { ...given, ...version })
        return answerChanged(request, project, { version: project.version })
      },
      { detail: changeProject },
    )
    .put(
      '/projects/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(ProjectReplacement, await readJson(request))
        const version = await meant(request, id, given.version)
        const project = await projects.replace(call, id, { ...given, ...version })
        return answerChanged(request, project, { version: project.version })
      },
      { detail: replaceProject },
    )
    .delete(
      '/projects/:id',
      async ({ request, params }) => {
        const id = readId(params.id)
        const removal = parseQuery(ProjectRemoval, request.url)
        await projects.remove(callOf(request), id, { ...removal, ...(await meant(request, id)) })
        return answerNothing(request)
      },
      { detail: deleteProject },
    )

  async function meant(
    request: Request,
    id: string,
    inBody?: number,
  ): Promise<{ version?: number }> {
    // An empty change shows what is there to whoever may change it, whether or not they may read.
    const current = async () => (await projects.change(callOf(request), id, {})).version
    const version = await expectedVersion(expectedVersions(request), inBody, current)
    return version === undefined ? {} : { version }
  }
}

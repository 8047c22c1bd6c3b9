// The members of projects over HTTP.

import { parseQuery, parseShape } from '#lib/shape.ts'
import {
  answerChanged,
  answerCreated,
  answerNothing,
  answerPage,
  answerRead,
} from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { deleteMember, getMember, listMembers, putMember } from './documentation.ts'
import type { Projects } from './index.ts'
import { MemberQuery, MemberRole } from './model.ts'

export function memberRoutes({ projects }: { projects: Pick<Projects, 'members'> }) {
  const { members } = projects

  return createRoutes('members')
    .get(
      '/projects/:id/members',
      async ({ request, params }) => {
        const projectId = readId(params.id)
        const query = parseQuery(MemberQuery, request.url)
        return answerPage(request, await members.list(callOf(request), projectId, query))
      },
      { detail: listMembers },
    )
    .get(
      '/projects/:id/members/:user_id',
      async ({ request, params }) => {
        readNoQuery(request)
        return answerRead(request, await members.get(callOf(request), placeOf(params)))
      },
      { detail: getMember },
    )
    .put(
      '/projects/:id/members/:user_id',
      async ({ request, params }) => {
        readNoQuery(request)
        const place = placeOf(params)
        const given = parseShape(MemberRole, await readJson(request))
        const { member, created } = await members.put(callOf(request), place, given)
        if (!created) return answerChanged(request, member)
        const location = `/api/v1/projects/${place.projectId}/members/${place.userId}`
        return answerCreated(request, member, { location })
      },
      { detail: putMember },
    )
    .delete(
      '/projects/:id/members/:user_id',
      async ({ request, params }) => {
        readNoQuery(request)
        await members.remove(callOf(request), placeOf(params))
        return answerNothing(request)
      },
      { detail: deleteMember },
    )
}

const placeOf = ({ id, user_id }: { id: string; user_id: string }) => ({
  projectId: readId(id),
  userId: readId(user_id, 'user_id'),
})

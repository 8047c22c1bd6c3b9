// Users over HTTP, and oneself.

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
  changeMe,
  changeUser,
  createUser,
  getMe,
  getUser,
  listUsers,
  registerUser,
  removeUser,
} from './documentation.ts'
import type { Users } from './index.ts'
import { NewUser, Registration, SelfChange, UserChange, UserQuery } from './model.ts'

type Needs = { users: Users }

/** Of users, and of whoever asks. */
export const userRoutes = ({ users }: Needs) =>
  createRoutes('users-and-me', '').use(managedRoutes({ users })).use(ownRoutes({ users }))

function managedRoutes({ users }: Needs) {
  return createRoutes('users')
    .get(
      '/users',
      async ({ request }) => {
        const query = parseQuery(UserQuery, request.url)
        return answerPage(request, await users.list(callOf(request), query))
      },
      { detail: listUsers },
    )
    .post(
      '/users',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(NewUser, await readJson(request))
        const user = await users.create(callOf(request), given)
        const location = `/api/v1/users/${user.id}`
        return answerCreated(request, user, { location, version: user.version })
      },
      { detail: createUser },
    )
    .get(
      '/users/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const user = await users.get(callOf(request), readId(params.id))
        return answerRead(request, user, { version: user.version })
      },
      { detail: getUser },
    )
    .patch(
      '/users/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(UserChange, await readJson(request, { types: MERGE_PATCH }))
        const current = async () => (await users.get(call, id)).version
        const version = await meant(request, given.version, current)
        const user = await users.change(call, id, { ...given, ...version })
        return answerChanged(request, user, { version: user.version })
      },
      { detail: changeUser },
    )
    .delete(
      '/users/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const current = async () => (await users.get(call, id)).version
        const { version } = await meant(request, undefined, current)
        const user = await users.remove(call, id, version)
        return user
          ? answerChanged(request, user, { version: user.version })
          : answerNothing(request)
      },
      { detail: removeUser },
    )
}

function ownRoutes({ users }: Needs) {
  return createRoutes('me')
    .post(
      '/auth/register',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(Registration, await readJson(request))
        const user = await users.register(callOf(request), given)
        const location = `/api/v1/users/${user.id}`
        return answerCreated(request, user, { location, version: user.version })
      },
      { detail: registerUser },
    )
    .get(
      '/me',
      async ({ request }) => {
        readNoQuery(request)
        const user = await users.getSelf(callOf(request))
        return answerRead(request, user, { version: user.version })
      },
      { detail: getMe },
    )
    .patch(
      '/me',
      async ({ request }) => {
        readNoQuery(request)
        const call = callOf(request)
        const given = parseShape(SelfChange, await readJson(request, { types: MERGE_PATCH }))
        const current = async () => (await users.getSelf(call)).version
        const version = await meant(request, given.version, current)
        const user = await users.changeSelf(call, { ...given, ...version })
        return answerChanged(request, user, { version: user.version })
      },
      { detail: changeMe },
    )
}

async function meant(
  request: Request,
  inBody: number | undefined,
  current: () => Promise<number>,
): Promise<{ version?: number }> {
  const version = await expectedVersion(expectedVersions(request), inBody, current)
  return version === undefined ? {} : { version }
}

// How each route is asked: the smallest request that it would carry out, on the rows of a world.

import { KEYS } from '#features/keys/index.ts'
import { MEMBERS, PROJECTS } from '#features/projects/index.ts'
import { TASKS } from '#features/tasks/index.ts'
import { USERS } from '#features/users/index.ts'
import type { Rule } from '#lib/rule.ts'
import { type Asked, hasScope } from './expectation.ts'
import type { Who } from './who.ts'
import { PASSWORD, relationsOf, type World } from './world.ts'

type Place = { world: World; who: Who }

export type HttpRecipe = Omit<Asked, 'rule'> & {
  /** Where the rule that decides is not the route's own. */
  rule?: Rule
  path(place: Place): string
  headers?: Readonly<Record<string, string>>
  body?(place: Place): unknown
  /** Whether the answer shows what was asked for. */
  shows?(answer: unknown, world: World): boolean
}

const API = '/api/v1'

const isListed =
  (id: (world: World) => string) =>
  (answer: unknown, world: World): boolean =>
    JSON.stringify(answer).includes(`"id":"${id(world)}"`)

const taskOf = ({ task }: World) => task
const projectOf = ({ project }: World) => project
const keyOf = ({ key }: World) => key
const userOf = ({ people }: World) => people.key_holder

const aTask = {
  subject: 'task',
  seen: TASKS.read,
  hidden: 'task_not_found',
  path: ({ world }) => `${API}/tasks/${world.task}`,
} satisfies HttpRecipe

const aProject = {
  subject: 'project',
  seen: PROJECTS.read,
  hidden: 'project_not_found',
  path: ({ world }) => `${API}/projects/${world.project}`,
} satisfies HttpRecipe

const aMember = {
  ...aProject,
  subject: 'member',
  path: ({ world }) => `${API}/projects/${world.project}/members/${world.people.member}`,
} satisfies HttpRecipe

const aKey = {
  subject: 'key',
  seen: KEYS.read,
  hidden: 'key_not_found',
  path: ({ world }) => `${API}/keys/${world.key}`,
} satisfies HttpRecipe

const aUser = {
  subject: 'user',
  seen: USERS.read,
  hidden: 'user_not_found',
  path: ({ world }) => `${API}/users/${userOf(world)}`,
} satisfies HttpRecipe

// About whoever asks, whoever it is.
const oneself = (path: string) => ({ subject: 'self', path: () => `${API}${path}` }) as const

// Several versions are named, of which the present one is looked up first.
const ANY_OF = { 'if-match': '"1", "7"' }

// A task that is put somewhere: what is not seen of the project is answered as if there were none.
const intoProject = {
  rule: TASKS.place,
  subject: 'project',
  makes: true,
  hidden: 'reference_not_found',
  seen: who =>
    relationsOf('project', who.person).length > 1 ||
    (who.identity?.roles.some(role => role !== 'user') === true && hasScope(who, TASKS.read)),
  path: () => `${API}/tasks`,
  body: ({ world }) => ({ title: 'Placed', project_id: world.project }),
} satisfies HttpRecipe

/** By `METHOD /template`. Some are asked in several ways. */
export const HTTP_RECIPES: Readonly<Record<string, readonly HttpRecipe[]>> = {
  'GET /api/v1/tasks': [
    {
      subject: 'task',
      isList: true,
      path: () => `${API}/tasks?limit=200`,
      shows: isListed(taskOf),
    },
    {
      subject: 'task',
      isList: true,
      path: ({ world }) => `${API}/tasks?project_id=${world.project}`,
      shows: isListed(taskOf),
    },
    {
      subject: 'task',
      isList: true,
      path: ({ world }) => `${API}/tasks?q=walked&owner_id=${world.people.task_owner}`,
      shows: isListed(taskOf),
    },
  ],
  'POST /api/v1/tasks': [
    {
      subject: 'nothing',
      makes: true,
      path: () => `${API}/tasks`,
      body: () => ({ title: 'Made' }),
    },
    intoProject,
  ],
  'GET /api/v1/tasks/:id': [{ ...aTask, shows: isListed(taskOf) }],
  'PATCH /api/v1/tasks/:id': [
    { ...aTask, body: () => ({ title: 'Changed' }) },
    { ...aTask, body: () => ({}) },
    { ...aTask, body: () => ({ title: 'Changed' }), headers: ANY_OF },
  ],
  'PUT /api/v1/tasks/:id': [{ ...aTask, body: keptInPlace }],
  'DELETE /api/v1/tasks/:id': [aTask, { ...aTask, headers: ANY_OF }],
  'GET /api/v1/projects/:id/tasks': [
    {
      subject: 'task',
      // Whoever sees the task sees it here; of nobody else is the project known.
      seen: () => false,
      hidden: 'project_not_found',
      path: ({ world }) => `${API}/projects/${world.project}/tasks`,
      shows: isListed(taskOf),
    },
  ],
  'GET /api/v1/projects': [
    {
      subject: 'project',
      isList: true,
      path: () => `${API}/projects?limit=200`,
      shows: isListed(projectOf),
    },
    {
      subject: 'project',
      isList: true,
      path: ({ world }) => `${API}/projects?owner_id=${world.people.project_owner}`,
      shows: isListed(projectOf),
    },
  ],
  'POST /api/v1/projects': [
    {
      subject: 'nothing',
      makes: true,
      path: () => `${API}/projects`,
      body: () => ({ name: unique() }),
    },
  ],
  'GET /api/v1/projects/:id': [{ ...aProject, shows: isListed(projectOf) }],
  'PATCH /api/v1/projects/:id': [
    { ...aProject, body: () => ({ status: 'archived' }) },
    { ...aProject, body: () => ({}) },
    { ...aProject, body: () => ({ status: 'archived' }), headers: ANY_OF },
  ],
  'PUT /api/v1/projects/:id': [{ ...aProject, body: () => ({ name: unique() }) }],
  'DELETE /api/v1/projects/:id': [
    { ...aProject, path: place => `${aProject.path(place)}?tasks=delete` },
    { ...aProject, path: place => `${aProject.path(place)}?tasks=detach` },
  ],
  'GET /api/v1/projects/:id/members': [
    { ...aProject, seen: MEMBERS.list, path: place => `${aProject.path(place)}/members` },
  ],
  'GET /api/v1/projects/:id/members/:user_id': [{ ...aMember, seen: MEMBERS.read }],
  'PUT /api/v1/projects/:id/members/:user_id': [{ ...aMember, body: () => ({ role: 'editor' }) }],
  'DELETE /api/v1/projects/:id/members/:user_id': [aMember],
  'GET /api/v1/keys': [
    {
      subject: 'key',
      isList: true,
      path: () => `${API}/keys?limit=200`,
      shows: isListed(keyOf),
    },
    {
      subject: 'key',
      isList: true,
      path: ({ world }) => `${API}/keys?user_id=${world.people.key_holder}`,
      shows: isListed(keyOf),
    },
  ],
  'POST /api/v1/keys': [
    { subject: 'self', path: () => `${API}/keys`, body: place => newKey(ownOf(place)) },
    {
      subject: 'key',
      path: () => `${API}/keys`,
      body: ({ world }) => newKey(world.people.key_holder),
    },
  ],
  'GET /api/v1/keys/:id': [{ ...aKey, shows: isListed(keyOf) }],
  'PATCH /api/v1/keys/:id': [{ ...aKey, body: () => ({ name: 'Changed' }) }],
  'POST /api/v1/keys/:id/rotate': [
    { ...aKey, path: place => `${aKey.path(place)}/rotate`, body: () => ({}) },
  ],
  'DELETE /api/v1/keys/:id': [aKey],
  'GET /api/v1/users': [
    {
      subject: 'user',
      isList: true,
      path: () => `${API}/users?limit=200`,
      shows: isListed(userOf),
    },
    {
      subject: 'user',
      isList: true,
      path: ({ world }) => `${API}/users?email=${userOf(world)}@zerg.test`,
      shows: isListed(userOf),
    },
  ],
  'POST /api/v1/users': [
    {
      subject: 'nothing',
      path: () => `${API}/users`,
      body: () => ({ name: 'Made', email: `${crypto.randomUUID()}@zerg.test` }),
    },
  ],
  'GET /api/v1/users/:id': [{ ...aUser, shows: isListed(userOf) }],
  'PATCH /api/v1/users/:id': [{ ...aUser, body: () => ({ name: 'Changed' }) }],
  'DELETE /api/v1/users/:id': [aUser],
  'GET /api/v1/me': [oneself('/me')],
  'PATCH /api/v1/me': [{ ...oneself('/me'), body: () => ({ name: 'Changed' }) }],
  'POST /api/v1/me/password': [
    {
      ...oneself('/me/password'),
      body: () => ({ current_password: PASSWORD, new_password: `${PASSWORD} to the sea` }),
    },
  ],
  'GET /api/v1/me/sessions': [
    {
      ...oneself('/me/sessions'),
      shows: (answer, { people }) => !JSON.stringify(answer).includes(people.key_holder),
    },
  ],
  'DELETE /api/v1/me/sessions': [oneself('/me/sessions')],
  'DELETE /api/v1/me/sessions/:id': [
    {
      subject: 'self',
      path: ({ world, who }) => `${API}/me/sessions/${world.sessions[who.person ?? 'stranger']}`,
    },
    // Somebody else’s.
    {
      subject: 'nothing',
      seen: () => false,
      hidden: 'session_not_found',
      path: ({ world }) => `${API}/me/sessions/${world.sessions.key_holder}`,
    },
  ],
  'POST /api/v1/auth/signing-keys/rotate': [
    { subject: 'nothing', path: () => `${API}/auth/signing-keys/rotate`, body: () => ({}) },
  ],
  'POST /api/v1/auth/token': [
    {
      subject: 'self',
      unless: hasNothingForToken,
      path: () => `${API}/auth/token`,
      body: place => ({ user_id: ownOf(place) }),
    },
    {
      subject: 'user',
      // A token ends with the key that minted it, and is its user's.
      unless: who =>
        who.scopes !== undefined && who.person !== 'key_holder'
          ? 'forbidden'
          : hasNothingForToken(who),
      path: () => `${API}/auth/token`,
      body: ({ world }) => ({ user_id: userOf(world) }),
    },
  ],
  'GET /api/v1/audit': [
    {
      subject: 'nothing',
      path: ({ world }) => `${API}/audit?subject_id=${world.task}`,
      shows: isListed(({ entry }) => entry),
    },
  ],
  'GET /api/v1/audit/:id': [
    {
      subject: 'nothing',
      seen: () => false,
      hidden: 'audit_entry_not_found',
      path: ({ world }) => `${API}/audit/${world.entry}`,
      shows: isListed(({ entry }) => entry),
    },
  ],
  'POST /api/v1/auth/logout': [oneself('/auth/logout')],
}

// What answers everybody.
export const OPEN_PATHS: Readonly<Record<string, string>> = {
  'GET /errors/:code': '/errors/forbidden',
  'GET /docs/assets/:file': '/docs/assets/none.js',
}

// A replacement says where the task belongs as well.
function keptInPlace({ world }: Place) {
  return {
    title: 'Replaced',
    project_id: world.project,
    assignee_id: world.people.assignee,
  }
}

const unique = () => `Walked ${crypto.randomUUID()}`

const newKey = (user_id: string) => ({ name: 'Made', scopes: ['keys:write'], user_id })

// A token never has `keys:write`, so that a key with nothing else has nothing to give.
function hasNothingForToken({ scopes }: Who) {
  const isNothing = scopes?.every(scope => scope === 'keys:write') ?? false
  return isNothing ? ('validation_failed' as const) : undefined
}

// The command line is nobody whom a key could act for, and says for whom it is.
const ownOf = ({ world, who }: Place) => world.people[who.person ?? 'stranger']

// The shapes of a project and of its members, once.

import { type Static, Type } from '@sinclair/typebox'
import { fields, id, line, nullable, text, time, whole, word } from '#lib/fields.ts'

export const STATUSES = ['active', 'archived'] as const
export const ROLES = ['owner', 'editor', 'viewer'] as const
export const SORTS = ['-created_at', 'created_at', '-updated_at', 'updated_at', 'name'] as const

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50
const VERSION_MAX = 2_147_483_647

const name = line({
  min: 1,
  max: 100,
  description: 'Unique among the projects of its owner; capitals count.',
  examples: ['Annual report'],
})
const description = text({ max: 10_000, description: 'What it is about.', examples: [''] })
const status = word(STATUSES, {
  description: 'Whether it is still worked on.',
  examples: ['active'],
})
const version = whole({
  min: 1,
  max: VERSION_MAX,
  description: 'Grows by one with every change.',
  examples: [1],
})
const role = word(ROLES, { description: 'What the member may do.', examples: ['editor'] })

export type Project = Static<typeof Project>
export const Project = fields(
  {
    id: id({ description: 'UUIDv7, in order of creation.' }),
    name,
    description,
    status,
    owner_id: id({ description: 'The user who created it.' }),
    version,
    created_at: time({ description: 'When it was created.' }),
    updated_at: time({ description: 'When it was last changed.' }),
  },
  { $id: 'Project', description: 'Something that tasks belong to.' },
)

const expectedVersion = Type.Optional(
  whole({
    min: 1,
    max: VERSION_MAX,
    description:
      'Makes the change only while the project still has this version, as `If-Match` does.',
  }),
)

// Null stands for the default, as if it had been left out.
const settable = {
  description: Type.Optional(nullable(description)),
  status: Type.Optional(nullable(status)),
}

export type NewProject = Static<typeof NewProject>
export const NewProject = fields(
  { name, ...settable },
  { $id: 'NewProject', description: 'A project to create.' },
  Project,
)

export type ProjectReplacement = Static<typeof ProjectReplacement>
export const ProjectReplacement = fields(
  { name, ...settable, version: expectedVersion },
  {
    $id: 'ProjectReplacement',
    description: 'What a project is to be from now on; what is left out gets its default.',
  },
  Project,
)

export type ProjectChange = Static<typeof ProjectChange>
export const ProjectChange = fields(
  { name: Type.Optional(name), ...settable, version: expectedVersion },
  {
    $id: 'ProjectChange',
    description: 'A merge patch (RFC 7396): what is left out stays, null clears.',
  },
  Project,
)

const cursor = Type.Optional(
  text({ min: 1, max: 1_000, description: 'The `next_cursor` of the page before.' }),
)
const limit = Type.Optional(
  whole({ min: 1, max: LIMIT_MAX, default: LIMIT_DEFAULT, description: 'Most of them on a page.' }),
)
const nextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'Pass it as `cursor` to get the next page; null on the last one.',
})

export type ProjectFilter = Pick<ProjectQuery, 'status' | 'owner_id'>
export type ProjectQuery = Static<typeof ProjectQuery>
export const ProjectQuery = fields({
  status: Type.Optional(status),
  owner_id: Type.Optional(id({ description: 'The user who created it.' })),
  sort: Type.Optional(
    word(SORTS, {
      description: 'The order; `-` turns it round. Names are ordered by code point: Z before a.',
      default: '-created_at',
    }),
  ),
  cursor,
  limit,
})

export type ProjectPage = Static<typeof ProjectPage>
export const ProjectPage = fields(
  { data: Type.Array(Project), next_cursor: nextCursor },
  { $id: 'ProjectPage', description: 'One page of projects.' },
)

/** What becomes of the tasks of a project that is deleted; without a word, their existence forbids it. */
export type ProjectRemoval = Static<typeof ProjectRemoval>
export const ProjectRemoval = fields({
  tasks: Type.Optional(
    word(['delete', 'detach'], {
      description:
        '`delete` deletes the project’s tasks with it, `detach` keeps them without a project. Without it, a project that has tasks is not deleted.',
      examples: ['detach'],
    }),
  ),
})

export type Member = Static<typeof Member>
export const Member = fields(
  {
    user_id: id({ description: 'The user.' }),
    role,
    created_at: time({ description: 'When they became a member.' }),
    updated_at: time({ description: 'When their role was last changed.' }),
  },
  { $id: 'Member', description: 'A user who belongs to a project.' },
)

export type MemberRole = Static<typeof MemberRole>
export const MemberRole = fields(
  { role },
  { $id: 'MemberRole', description: 'What a member is to be.' },
  Member,
)

export type MemberQuery = Static<typeof MemberQuery>
export const MemberQuery = fields({ cursor, limit })

export type MemberPage = Static<typeof MemberPage>
export const MemberPage = fields(
  { data: Type.Array(Member), next_cursor: nextCursor },
  { $id: 'MemberPage', description: 'One page of members, by the id of the user.' },
)

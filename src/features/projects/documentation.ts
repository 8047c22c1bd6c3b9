// What the API document says about each route of projects and members.

import { documented } from '#transport/http/docs/documented.ts'
import {
  aCreatedProject,
  aMember,
  aPage,
  aProject,
  members,
  newProjects,
  projectChanges,
  replacements,
} from './examples.ts'
import {
  Member,
  MemberPage,
  MemberQuery,
  MemberRole,
  NewProject,
  Project,
  ProjectChange,
  ProjectPage,
  ProjectQuery,
  ProjectRemoval,
  ProjectReplacement,
} from './model.ts'
import { MEMBERS, PROJECTS } from './policy.ts'

const needs = 'database'
const path = { id: 'Id of the project.' }
const changed = {
  description: 'The project as it is now.',
  shape: Project,
  example: aProject,
  headers: ['ETag'],
} as const

export const listProjects = documented({
  id: 'listProjects',
  rule: PROJECTS.list,
  tag: 'projects',
  needs,
  summary: 'List projects',
  description:
    'Those that the caller is a member of; administrators and auditors see all. Conditions are combined. Pages are followed by `next_cursor` or the `Link` header; the order is total. A cursor belongs to its `sort`. Names are ordered by code point, so that the order is the same on every machine.',
  query: ProjectQuery,
  answers: {
    200: {
      description: 'One page of projects.',
      shape: ProjectPage,
      example: aPage,
      headers: ['ETag', 'Link', 'Cache-Control'],
    },
  },
})

export const createProject = documented({
  id: 'createProject',
  rule: PROJECTS.create,
  idempotency: 'kept',
  tag: 'projects',
  needs,
  summary: 'Create a project',
  description:
    'The caller becomes its owner, and its first member. A key makes it for the user that it acts for.',
  body: { shape: NewProject, examples: newProjects },
  answers: {
    201: {
      description: 'The project that was created.',
      shape: Project,
      example: aCreatedProject,
      headers: ['ETag', 'Location'],
    },
  },
  errors: ['project_name_taken', 'forbidden'],
})

export const getProject = documented({
  id: 'getProject',
  rule: PROJECTS.read,
  tag: 'projects',
  needs,
  summary: 'Read a project',
  description: 'Answers the project, and its version as `ETag`.',
  path,
  answers: {
    200: {
      description: 'The project.',
      shape: Project,
      example: aProject,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['project_not_found'],
})

export const changeProject = documented({
  id: 'changeProject',
  rule: PROJECTS.change,
  tag: 'projects',
  needs,
  summary: 'Change a project',
  description:
    'By an owner or an editor. A merge patch (RFC 7396): fields that are left out stay, `null` clears (a description to empty, a status to `active`). With `If-Match`, or `version` in the body, the change is made only while the project has that version. An empty change changes nothing.',
  path,
  body: { shape: ProjectChange, examples: projectChanges },
  answers: { 200: changed },
  errors: ['project_not_found', 'project_name_taken', 'version_mismatch', 'forbidden'],
})

export const replaceProject = documented({
  id: 'replaceProject',
  rule: PROJECTS.change,
  tag: 'projects',
  needs,
  summary: 'Replace a project',
  description:
    'By an owner or an editor. Fields that are left out get their defaults, as on creation; id, owner, members and time of creation stay. `If-Match` and `version` work as for a change.',
  path,
  body: { shape: ProjectReplacement, examples: replacements },
  answers: { 200: changed },
  errors: ['project_not_found', 'project_name_taken', 'version_mismatch', 'forbidden'],
})

export const deleteProject = documented({
  id: 'deleteProject',
  rule: PROJECTS.remove,
  tag: 'projects',
  needs,
  summary: 'Delete a project',
  description:
    'By an owner. A project that has tasks is deleted only with a word about them: `?tasks=delete` deletes them too, whoever owns them, `?tasks=detach` keeps them without a project. Both happen in one transaction. With `If-Match`, only while the project has that version.',
  path,
  query: ProjectRemoval,
  answers: { 204: { description: 'The project is gone, and its memberships with it.' } },
  errors: ['project_not_found', 'project_not_empty', 'version_mismatch', 'forbidden'],
})

const place = { id: 'Id of the project.', user_id: 'Id of the user.' }

export const listMembers = documented({
  id: 'listMembers',
  rule: MEMBERS.list,
  tag: 'members',
  needs,
  summary: 'List the members of a project',
  description: 'Ordered by the id of the user.',
  path,
  query: MemberQuery,
  answers: {
    200: {
      description: 'One page of members.',
      shape: MemberPage,
      example: members,
      headers: ['ETag', 'Link', 'Cache-Control'],
    },
  },
  errors: ['project_not_found'],
})

export const getMember = documented({
  id: 'getMember',
  rule: MEMBERS.read,
  tag: 'members',
  needs,
  summary: 'Read a member',
  description: 'Answers what the user is in this project.',
  path: place,
  answers: {
    200: {
      description: 'The member.',
      shape: Member,
      example: aMember,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['project_not_found', 'member_not_found'],
})

export const putMember = documented({
  id: 'putMember',
  rule: MEMBERS.put,
  tag: 'members',
  needs,
  summary: 'Add a member, or change what they are',
  description:
    'By an owner. A user who does not exist and one who was disabled are told alike. The last active owner of a project cannot be made anything else.',
  path: place,
  body: { shape: MemberRole, examples: { owner: { role: 'owner' }, viewer: { role: 'viewer' } } },
  answers: {
    200: { description: 'The member as they are now.', shape: Member, example: aMember },
    201: {
      description: 'The user has become a member.',
      shape: Member,
      example: aMember,
      headers: ['Location'],
    },
  },
  errors: ['project_not_found', 'reference_not_found', 'last_owner', 'forbidden'],
})

export const deleteMember = documented({
  id: 'deleteMember',
  rule: MEMBERS.remove,
  tag: 'members',
  needs,
  summary: 'Remove a member',
  description:
    'By an owner; and every member may leave by removing themself. The last active owner of a project cannot be removed. Their tasks stay as they are.',
  path: place,
  answers: { 204: { description: 'The user is no longer a member.' } },
  errors: ['project_not_found', 'member_not_found', 'last_owner', 'forbidden'],
})

// Who may do what with projects and with their members. Membership decides: `owner_id` says who has
// created a project, and gives nothing to somebody who is no member any more.

import type { Relation, Rule } from '#lib/rule.ts'

const SEEING: readonly Relation[] = ['project_owner', 'project_editor', 'project_viewer']

export const PROJECTS = {
  list: {
    action: 'projects.list',
    scope: 'projects:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'Find projects in lists',
  },
  read: {
    action: 'projects.read',
    scope: 'projects:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'Read a project',
  },
  create: {
    action: 'projects.create',
    scope: 'projects:write',
    roles: ['admin'],
    relations: ['anyone'],
    says: 'Create a project, and become its owner',
  },
  change: {
    action: 'projects.change',
    scope: 'projects:write',
    roles: ['admin'],
    relations: ['project_owner', 'project_editor'],
    says: 'Change or replace a project',
  },
  remove: {
    action: 'projects.remove',
    scope: 'projects:write',
    roles: ['admin'],
    relations: ['project_owner'],
    says: 'Delete a project; delete or detach every task in it, whoever owns the task',
  },
} as const satisfies Record<string, Rule>

export const MEMBERS = {
  list: {
    action: 'members.list',
    scope: 'projects:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'List the members of a project',
  },
  read: {
    action: 'members.read',
    scope: 'projects:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'Read what a member is',
  },
  put: {
    action: 'members.put',
    scope: 'projects:write',
    roles: ['admin'],
    relations: ['project_owner'],
    says: 'Add a member, or change what they are',
  },
  remove: {
    action: 'members.remove',
    scope: 'projects:write',
    roles: ['admin'],
    relations: ['project_owner', 'self'],
    says: 'Remove a member; whoever is one may leave',
  },
} as const satisfies Record<string, Rule>

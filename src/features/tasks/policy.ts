// Who may do what with tasks.

import type { Relation, Rule } from '#lib/rule.ts'

const SEEING: readonly Relation[] = [
  'owner',
  'assignee',
  'project_owner',
  'project_editor',
  'project_viewer',
]

export const TASKS = {
  read: {
    action: 'tasks.read',
    scope: 'tasks:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'Read a task',
  },
  list: {
    action: 'tasks.list',
    scope: 'tasks:read',
    roles: ['admin', 'auditor'],
    relations: SEEING,
    says: 'Find tasks in lists and searches',
  },
  create: {
    action: 'tasks.create',
    scope: 'tasks:write',
    roles: ['admin'],
    relations: ['anyone'],
    says: 'Create a task of one’s own',
  },
  place: {
    action: 'tasks.place',
    scope: 'tasks:write',
    roles: ['admin'],
    relations: ['project_owner', 'project_editor'],
    says: 'Put a task into a project, new or from elsewhere (relations to that project)',
  },
  change: {
    action: 'tasks.change',
    scope: 'tasks:write',
    roles: ['admin'],
    relations: ['owner', 'assignee', 'project_owner', 'project_editor'],
    says: 'Change a task, and whom it is assigned to',
  },
  replace: {
    action: 'tasks.replace',
    scope: 'tasks:write',
    roles: ['admin'],
    relations: ['owner', 'assignee', 'project_owner', 'project_editor'],
    says: 'Replace a task as a whole',
  },
  remove: {
    action: 'tasks.remove',
    scope: 'tasks:write',
    roles: ['admin'],
    relations: ['owner', 'project_owner', 'project_editor'],
    says: 'Delete a task',
  },
} as const satisfies Record<string, Rule>

// The shapes of a task, once: both transports check against them and the API document shows them.

import { type Static, Type } from '@sinclair/typebox'
import { fields, flag, id, line, nullable, text, time, whole, word } from '#lib/fields.ts'

export const STATUSES = ['todo', 'in_progress', 'done'] as const
export const PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const
export const SORTS = [
  '-created_at',
  'created_at',
  '-updated_at',
  'updated_at',
  'due_date',
  '-due_date',
] as const

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50
export const VERSION_MAX = 2_147_483_647

const title = line({
  min: 1,
  max: 255,
  description: 'What is to be done.',
  examples: ['Write the report'],
})
const description = text({
  max: 10_000,
  description: 'More about it.',
  examples: ['Two pages, with figures.'],
})
const status = word(STATUSES, { description: 'How far it is.', examples: ['todo'] })
const priority = word(PRIORITIES, { description: 'How much it matters.', examples: ['medium'] })
const projectId = id({ description: 'The project that it belongs to.' })
const assigneeId = id({ description: 'The user who is to do it.' })
const dueDate = time({
  description: 'When it is to be done.',
  examples: ['2026-12-24T12:00:00.000Z'],
})
const version = whole({
  min: 1,
  max: VERSION_MAX,
  description: 'Grows by one with every change.',
  examples: [1],
})

export type Task = Static<typeof Task>
export const Task = fields(
  {
    id: id({ description: 'UUIDv7, in order of creation.' }),
    title,
    description,
    status,
    priority,
    completed: flag({ description: 'True while the status is done.' }),
    completed_at: nullable(time({ description: 'When it became done.' })),
    project_id: nullable(projectId),
    assignee_id: nullable(assigneeId),
    due_date: nullable(dueDate),
    owner_id: id({ description: 'The user who created it.' }),
    version,
    created_at: time({ description: 'When it was created.' }),
    updated_at: time({ description: 'When it was last changed.' }),
  },
  { $id: 'Task', description: 'Something to be done.' },
)

const expectedVersion = Type.Optional(
  whole({
    min: 1,
    max: VERSION_MAX,
    description: 'Makes the change only while the task still has this version, as `If-Match` does.',
  }),
)

// What a client may set beside the title. Null stands for the default, as if it had been left out.
const settable = {
  description: Type.Optional(nullable(description)),
  status: Type.Optional(nullable(status)),
  priority: Type.Optional(nullable(priority)),
  project_id: Type.Optional(nullable(projectId)),
  assignee_id: Type.Optional(nullable(assigneeId)),
  due_date: Type.Optional(nullable(dueDate)),
}

export type NewTask = Static<typeof NewTask>
export const NewTask = fields(
  { title, ...settable },
  { $id: 'NewTask', description: 'A task to create.' },
  Task,
)

export type TaskReplacement = Static<typeof TaskReplacement>
export const TaskReplacement = fields(
  { title, ...settable, version: expectedVersion },
  {
    $id: 'TaskReplacement',
    description: 'What a task is to be from now on; what is left out gets its default.',
  },
  Task,
)

export type TaskChange = Static<typeof TaskChange>
export const TaskChange = fields(
  { title: Type.Optional(title), ...settable, version: expectedVersion },
  {
    $id: 'TaskChange',
    description: 'A merge patch (RFC 7396): what is left out stays, null clears.',
  },
  Task,
)

/** Which tasks; every condition given has to hold. */
export const taskFilter = {
  status: Type.Optional(status),
  priority: Type.Optional(priority),
  completed: Type.Optional(
    flag({ description: 'Only those that are done, or only those that are not.' }),
  ),
  project_id: Type.Optional(projectId),
  assignee_id: Type.Optional(assigneeId),
  owner_id: Type.Optional(id({ description: 'The user who created it.' })),
  due_before: Type.Optional(time({ description: 'Only those due before this moment.' })),
  due_after: Type.Optional(time({ description: 'Only those due at this moment or later.' })),
}

export type TaskFilter = {
  status?: Task['status']
  priority?: Task['priority']
  completed?: boolean
  project_id?: string
  assignee_id?: string
  owner_id?: string
  due_before?: string
  due_after?: string
}

export type TaskQuery = Static<typeof TaskQuery>
export const TaskQuery = fields({
  ...taskFilter,
  q: Type.Optional(
    text({
      min: 1,
      max: 255,
      description:
        'Search in titles: every word has to begin a word of the title, whatever its case. Results come in an order of their own (by the matched word, then by id), so `sort` cannot be given with it.',
      examples: ['rep'],
    }),
  ),
  sort: Type.Optional(
    word(SORTS, {
      description:
        'The order; `-` turns it round. Tasks without a due date come last in both directions of due_date.',
      default: '-created_at',
    }),
  ),
  cursor: Type.Optional(
    text({ min: 1, max: 1_000, description: 'The `next_cursor` of the page before.' }),
  ),
  limit: Type.Optional(
    whole({ min: 1, max: LIMIT_MAX, default: LIMIT_DEFAULT, description: 'Most tasks on a page.' }),
  ),
})

/** Where the path says which project. */
export const ProjectTaskQuery = Type.Omit(TaskQuery, ['project_id'], {
  additionalProperties: false,
})

export type TaskPage = Static<typeof TaskPage>
export const TaskPage = fields(
  {
    data: Type.Array(Task),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Pass it as `cursor` to get the next page; null on the last one.',
    }),
  },
  { $id: 'TaskPage', description: 'One page of tasks.' },
)

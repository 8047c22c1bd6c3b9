// What the API document says about each route of tasks.

import { documented } from '#transport/http/docs/documented.ts'
import { aCreatedTask, aPage, aTask, newTasks, replacements, taskChanges } from './examples.ts'
import {
  NewTask,
  ProjectTaskQuery,
  Task,
  TaskChange,
  TaskPage,
  TaskQuery,
  TaskReplacement,
} from './model.ts'
import { TASKS } from './policy.ts'

const tag = 'tasks'
const needs = 'tasks'
const path = { id: 'Id of the task.' }
const changed = {
  description: 'The task as it is now.',
  shape: Task,
  example: aTask,
  headers: ['ETag'],
} as const
const page = {
  description: 'One page of tasks.',
  shape: TaskPage,
  example: aPage,
  headers: ['ETag', 'Link', 'Cache-Control'],
} as const

const LISTS = `Conditions are combined: a task has to meet all of them. \`completed\` stands for \`status=done\` (or any other), and \`due_before\` and \`due_after\` leave out tasks without a due date.

Pages are followed by \`next_cursor\` or the \`Link\` header; the order is total, so that tasks which are there throughout are shown exactly once, whatever is added or removed meanwhile. A task that moves in the order (by a change, when sorted by \`updated_at\`) may be shown again or be missed. A cursor belongs to its \`sort\` or \`q\`; conditions may change between pages.`

const SEARCH = `**Search**: \`q\` finds tasks by their titles. Every word of \`q\` has to begin some word of the title, whatever its case and the form in which Unicode writes it (NFKC, lower case); words are runs of letters and digits, and single emoji. Words are compared by their first 64 characters. Results come in an order of their own: by the title's first word that begins with the longest word of \`q\`, by code point, then by id. The index is the table \`task_words\` (word, task).`

export const listTasks = documented({
  id: 'listTasks',
  rule: TASKS.list,
  tag,
  needs,
  summary: 'List and search tasks',
  description: `${LISTS}\n\n${SEARCH}`,
  query: TaskQuery,
  answers: { 200: page },
})

export const listProjectTasks = documented({
  id: 'listProjectTasks',
  rule: TASKS.list,
  tag,
  needs,
  summary: 'List and search the tasks of a project',
  description: `As the list of all tasks, with the project in the path.\n\n${LISTS}\n\n${SEARCH}`,
  path: { id: 'Id of the project.' },
  query: ProjectTaskQuery,
  answers: { 200: page },
  errors: ['project_not_found'],
})

export const createTask = documented({
  id: 'createTask',
  rule: TASKS.create,
  idempotency: 'kept',
  tag,
  needs,
  summary: 'Create a task',
  description:
    'Only the title is required. The caller becomes its owner. Putting it into a project takes an owner or editor of that; it may be given to oneself, or to a member of its project.',
  body: { shape: NewTask, examples: newTasks },
  answers: {
    201: {
      description: 'The task that was created.',
      shape: Task,
      example: aCreatedTask,
      headers: ['ETag', 'Location'],
    },
  },
  errors: ['reference_not_found', 'forbidden'],
})

export const getTask = documented({
  id: 'getTask',
  rule: TASKS.read,
  tag,
  needs,
  summary: 'Read a task',
  description: 'Answers the task, and its version as `ETag`.',
  path,
  answers: {
    200: {
      description: 'The task.',
      shape: Task,
      example: aTask,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['task_not_found'],
})

export const changeTask = documented({
  id: 'changeTask',
  rule: TASKS.change,
  tag,
  needs,
  summary: 'Change a task',
  description:
    'A merge patch (RFC 7396): fields that are left out stay, `null` clears (a description to empty, a status to `todo`, a priority to `medium`). `completed` and `completed_at` follow from the status. With `If-Match`, or `version` in the body, the change is made only while the task has that version. An empty change changes nothing.',
  path,
  body: { shape: TaskChange, examples: taskChanges },
  answers: { 200: changed },
  errors: ['task_not_found', 'reference_not_found', 'version_mismatch', 'forbidden'],
})

export const replaceTask = documented({
  id: 'replaceTask',
  rule: TASKS.replace,
  tag,
  needs,
  summary: 'Replace a task',
  description:
    'Fields that are left out get their defaults, as on creation; id, owner and time of creation stay. `If-Match` and `version` work as for a change.',
  path,
  body: { shape: TaskReplacement, examples: replacements },
  answers: { 200: changed },
  errors: ['task_not_found', 'reference_not_found', 'version_mismatch', 'forbidden'],
})

export const deleteTask = documented({
  id: 'deleteTask',
  rule: TASKS.remove,
  tag,
  needs,
  summary: 'Delete a task',
  description: 'With `If-Match`, only while the task has that version.',
  path,
  answers: { 204: { description: 'The task is gone.' } },
  errors: ['task_not_found', 'version_mismatch', 'forbidden'],
})

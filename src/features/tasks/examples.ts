// One task as the documentation shows it, and what one might send about it.

import type { NewTask, Task, TaskChange, TaskPage, TaskReplacement } from './model.ts'

export const aTask: Task = {
  id: '01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60',
  title: 'Write the report',
  description: 'Two pages, with figures.',
  status: 'in_progress',
  priority: 'high',
  completed: false,
  completed_at: null,
  project_id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
  assignee_id: '00000000-0000-7000-8000-000000000001',
  due_date: '2026-12-24T12:00:00.000Z',
  owner_id: '00000000-0000-7000-8000-000000000001',
  version: 3,
  created_at: '2026-11-23T09:15:00.123Z',
  updated_at: '2026-11-24T10:30:00.456Z',
}

export const aCreatedTask: Task = {
  ...aTask,
  status: 'todo',
  version: 1,
  updated_at: aTask.created_at,
}

export const aPage: TaskPage = {
  data: [aTask],
  next_cursor:
    'WzEsIi1jcmVhdGVkX2F0IiwiMjAyNi0xMS0yM1QwOToxNTowMC4xMjNaIiwiMDE5MzljMmUtN2E2MS03ZDNjLThmNWUtM2IxYzJkNGU1ZjYwIl0',
}

export const newTasks: Record<'minimal' | 'complete', NewTask> = {
  minimal: { title: 'Write the report' },
  complete: {
    title: 'Write the report',
    description: 'Two pages, with figures.',
    status: 'todo',
    priority: 'high',
    project_id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
    assignee_id: '00000000-0000-7000-8000-000000000001',
    due_date: '2026-12-24T12:00:00Z',
  },
}

export const taskChanges: Record<'complete' | 'clear' | 'only_version_2', TaskChange> = {
  complete: { status: 'done' },
  clear: { due_date: null, assignee_id: null },
  only_version_2: { title: 'Write the annual report', version: 2 },
}

export const replacements: Record<'minimal' | 'complete', TaskReplacement> = {
  minimal: { title: 'Write the report' },
  complete: { ...newTasks.complete, title: 'Write the report', version: 2 },
}

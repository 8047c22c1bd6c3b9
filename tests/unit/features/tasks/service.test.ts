import { describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { createTasks } from '#features/tasks/service.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { tasksContract } from '../../../support/contracts/tasks.ts'
import { callBy } from '../../../support/databases.ts'
import { rejection } from '../../../support/eventually.ts'
import { fakeTaskRepository } from '../../../support/fakes/task-repository.ts'

tasksContract('tasks in memory', async () => {
  const { tasks, world } = setup()
  return { tasks, world, close: async () => {} }
})

describe('somebody without a role', () => {
  const stranger = () => callBy({ kind: 'user', id: newId(), roles: ['user'] })

  test('finds no task, not even in a list', async () => {
    const { tasks } = setup()
    const { id } = await tasks.create(callBy(), { title: 'Private' })
    expect(await rejection(tasks.get(stranger(), id))).toMatchObject({ code: 'task_not_found' })
    expect(await tasks.list(stranger(), {})).toEqual({ data: [], next_cursor: null })
    expect(await tasks.batchGet(stranger(), [id])).toEqual([])
  })

  test.each<[string, (tasks: Tasks, id: string) => Promise<unknown>]>([
    ['create', tasks => tasks.create(stranger(), { title: 'x' })],
    ['change', (tasks, id) => tasks.change(stranger(), id, { title: 'x' })],
    ['replace', (tasks, id) => tasks.replace(stranger(), id, { title: 'x' })],
    ['remove', (tasks, id) => tasks.remove(stranger(), id)],
  ])('may not %s', async (_, attempt) => {
    const { tasks } = setup()
    const { id } = await tasks.create(callBy(), { title: 'Theirs' })
    expect(await rejection(attempt(tasks, id))).toMatchObject({ code: 'forbidden' })
    expect(await tasks.get(callBy(), id)).toMatchObject({ title: 'Theirs', version: 1 })
  })
})

test('an auditor reads everything and changes nothing', async () => {
  const { tasks } = setup()
  const auditor = callBy({ roles: ['auditor'] })
  const task = await tasks.create(callBy(), { title: 'Seen' })
  expect(await tasks.get(auditor, task.id)).toEqual(task)
  expect(await rejection(tasks.remove(auditor, task.id))).toMatchObject({ code: 'forbidden' })
})

test('the id of somebody else’s task cannot be taken for a new one, nor tells what that task is', async () => {
  const { tasks } = setup()
  const { id } = await tasks.create(callBy({ id: newId() }), { title: 'Secret' })
  const error = await rejection(tasks.create(callBy(), { id, title: 'x' }))
  expect(error).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/id' }] })
  expect(JSON.stringify(error)).not.toContain('Secret')
})

test('statements run on behalf of the call: its signal reaches the database', async () => {
  const { repository } = fakeTaskRepository()
  const seen: AbortSignal[] = []
  const on = (signal: AbortSignal) => {
    seen.push(signal)
    return nowhere
  }
  const tasks = createTasks({ database: { on }, repository, newId })
  const call = callBy()
  await tasks.list(call, {})
  expect(seen).toEqual([call.signal])
})

// The fake needs no database.
const nowhere = { run: () => Promise.reject(new Error('There is no database here.')) }

function setup() {
  const { repository, world } = fakeTaskRepository()
  return { tasks: createTasks({ database: { on: () => nowhere }, repository, newId }), world }
}

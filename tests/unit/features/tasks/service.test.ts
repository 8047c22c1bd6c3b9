import { describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { createTasks } from '#features/tasks/service.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { asInternal, asOperator, asUser } from '../../../support/callers.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { tasksContract } from '../../../support/contracts/tasks.ts'
import { callBy } from '../../../support/databases.ts'
import { rejection } from '../../../support/eventually.ts'
import { fakeTaskRepository } from '../../../support/fakes/task-repository.ts'

tasksContract('tasks in memory', async () => {
  const { tasks, world } = setup()
  return { tasks, world, close: async () => {} }
})

describe('a stranger', () => {
  const stranger = () => asUser(newId())

  test('finds no task, not even in a list', async () => {
    const { tasks } = setup()
    const { id } = await tasks.create(callBy(), { title: 'Private' })
    expect(await rejection(tasks.get(stranger(), id))).toMatchObject({ code: 'task_not_found' })
    expect(await tasks.list(stranger(), {})).toEqual({ data: [], next_cursor: null })
    expect(await tasks.batchGet(stranger(), [id])).toEqual([])
  })

  test.each<[string, (tasks: Tasks, id: string) => Promise<unknown>]>([
    ['change', (tasks, id) => tasks.change(stranger(), id, { title: 'x' })],
    ['replace', (tasks, id) => tasks.replace(stranger(), id, { title: 'x' })],
    ['remove', (tasks, id) => tasks.remove(stranger(), id)],
  ])('may not %s what is another’s, nor learn that it is there', async (_, attempt) => {
    const { tasks } = setup()
    const { id } = await tasks.create(callBy(), { title: 'Theirs' })
    expect(await rejection(attempt(tasks, id))).toMatchObject({ code: 'task_not_found' })
    expect(await tasks.get(callBy(), id)).toMatchObject({ title: 'Theirs', version: 1 })
  })
})

test('an auditor reads everything and changes nothing of others', async () => {
  const { tasks } = setup()
  const auditor = asUser(newId(), ['auditor'])
  const task = await tasks.create(callBy(), { title: 'Seen' })
  expect(await tasks.get(auditor, task.id)).toEqual(task)
  expect(await rejection(tasks.remove(auditor, task.id))).toMatchObject({ code: 'forbidden' })
})

// Whoever could take an id would find out whether there is a task with it.
test('the id of somebody else’s task, named for a new one, makes another task', async () => {
  const { tasks } = setup()
  const [theirs, mine] = [asUser(newId()), asUser(newId())]
  const first = await tasks.create(theirs, { id: newId(), title: 'Secret' })
  const second = await tasks.create(mine, { id: first.id, title: 'Mine' })
  expect(second).toMatchObject({ title: 'Mine', owner_id: mine.caller.userId })
  expect(second.id).not.toBe(first.id)
  expect(await tasks.get(theirs, first.id)).toEqual(first)
})

test.each([
  ['the command line', asOperator],
  ['Zerg itself', asInternal],
])('%s has no tasks of its own', async (_, call) => {
  const { tasks } = setup()
  expect(await rejection(tasks.create(call(), { title: 'x' }))).toMatchObject({ code: 'forbidden' })
})

test('statements run on behalf of the call: its signal reaches the database', async () => {
  const { repository } = fakeTaskRepository()
  const seen: AbortSignal[] = []
  const on = (signal: AbortSignal) => {
    seen.push(signal)
    return nowhere
  }
  const tasks = createTasks({ database: { on }, repository, once, newId })
  const call = callBy()
  await tasks.list(call, {})
  expect(seen).toEqual([call.signal])
})

// The fake needs no database.
const nowhere = { run: () => Promise.reject(new Error('There is no database here.')) }

const once = createOnce({
  database: { on: () => nowhere, transaction: () => Promise.reject(new Error('Nor here.')) },
})

function setup() {
  const { repository, world } = fakeTaskRepository()
  return { tasks: createTasks({ database: { on: () => nowhere }, repository, once, newId }), world }
}

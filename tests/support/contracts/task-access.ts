// Who may do what with a task, written out by hand: the policy says the same as data, and a mistake in
// the one shows in the other. Every test makes its own people, projects and rows.

import { describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { AppError, isAppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import type { Task } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { asAnonymous, asInternal, asKey, asOperator, asUser } from '../callers.ts'
import { rejection } from '../eventually.ts'
import { type Place, placeIn, type World } from '../task-places.ts'

type Kit = () => { tasks: Tasks; world: World }

const BOTH = ['tasks:read', 'tasks:write'] as const

const KINDS = {
  'its owner': (of: Place) => asUser(of.author),
  'its assignee': (of: Place) => asUser(of.helper),
  'an owner of its project': (of: Place) => asUser(of.owner),
  'an editor of its project': (of: Place) => asUser(of.editor),
  'a viewer of its project': (of: Place) => asUser(of.viewer),
  'somebody else': (of: Place) => asUser(of.stranger),
  'an auditor': (of: Place) => asUser(of.stranger, ['auditor']),
  'an auditor who views its project': (of: Place) => asUser(of.viewer, ['user', 'auditor']),
  'an administrator': (of: Place) => asUser(of.stranger, ['admin']),
  'the command line': () => asOperator(),
  'Zerg itself': () => asInternal(),
  nobody: () => asAnonymous(),
  'a key of its owner': (of: Place) => asKey(of.author, BOTH),
  'a key of its owner that only reads': (of: Place) => asKey(of.author, ['tasks:read']),
  'a key of its owner that only writes': (of: Place) => asKey(of.author, ['tasks:write']),
  'a key of its owner for other things': (of: Place) => asKey(of.author, ['projects:write']),
  'a key of its owner for nothing': (of: Place) => asKey(of.author, []),
  'a key of its assignee': (of: Place) => asKey(of.helper, BOTH),
  'a key of a viewer': (of: Place) => asKey(of.viewer, BOTH),
  'a key of a viewer that only writes': (of: Place) => asKey(of.viewer, ['tasks:write']),
  'a key of somebody else': (of: Place) => asKey(of.stranger, BOTH),
  'a key of an administrator that only reads': (of: Place) =>
    asKey(of.stranger, ['tasks:read'], ['admin']),
} as const

type Kind = keyof typeof KINDS

// What is not among those found is as good as not there.
function requireFound({ task }: Place, found: readonly Task[]): void {
  if (!found.some(({ id }) => id === task.id)) throw new AppError('task_not_found', 'Not found.')
}

const listed =
  (query: (of: Place) => Parameters<Tasks['list']>[1]) =>
  async (tasks: Tasks, call: Call, of: Place): Promise<void> => {
    const found: Task[] = []
    let cursor: string | null | undefined
    // Beside the task there is little that is as new.
    for (let page = 0; page < 3 && cursor !== null; page++) {
      const answer = await tasks.list(call, { ...query(of), limit: 200, ...(cursor && { cursor }) })
      found.push(...answer.data)
      cursor = answer.next_cursor
    }
    requireFound(of, found)
  }

const READS = {
  read: (tasks, call, of) => tasks.get(call, of.task.id),
  'read several': async (tasks, call, of) =>
    requireFound(of, await tasks.batchGet(call, [newId(), of.task.id])),
  list: listed(() => ({})),
  'list by project': listed(of => ({ project_id: of.project })),
  'list by owner': listed(of => ({ owner_id: of.author })),
  'list by assignee': listed(of => ({ assignee_id: of.helper })),
  'list by what it is': listed(() => ({ status: 'todo', priority: 'medium', sort: '-updated_at' })),
  'list by due date': listed(of => ({
    sort: 'due_date',
    due_after: of.task.due_date!,
    project_id: of.project,
  })),
  search: listed(of => ({ q: of.word })),
  'search in its project': listed(of => ({ q: of.word, project_id: of.project })),
  'search by owner': listed(of => ({ q: 'about', owner_id: of.author })),
} as const satisfies Record<string, (tasks: Tasks, call: Call, of: Place) => Promise<unknown>>

const CHANGES = {
  change: (tasks, call, of) => tasks.change(call, of.task.id, { title: 'Changed' }),
  'change nothing': (tasks, call, of) => tasks.change(call, of.task.id, {}),
  // Where it stays and with whom is nobody's question.
  replace: (tasks, call, of) =>
    tasks.replace(call, of.task.id, {
      title: 'Replaced',
      project_id: of.project,
      assignee_id: of.helper,
    }),
} as const satisfies Record<string, (tasks: Tasks, call: Call, of: Place) => Promise<unknown>>

const REMOVAL = {
  remove: (tasks, call, of) => tasks.remove(call, of.task.id),
} as const satisfies Record<string, (tasks: Tasks, call: Call, of: Place) => Promise<unknown>>

const ACTIONS = { ...READS, ...CHANGES, ...REMOVAL }

type Action = keyof typeof ACTIONS
const [READ, CHANGE, ALL] = [READS, CHANGES, ACTIONS].map(
  actions => Object.keys(actions) as Action[],
) as [Action[], Action[], Action[]]

type May = { may: readonly Action[]; else: 'forbidden' | 'task_not_found' }

const MAY: Record<Kind, May> = {
  'its owner': { may: ALL, else: 'forbidden' },
  'its assignee': { may: [...READ, ...CHANGE], else: 'forbidden' },
  'an owner of its project': { may: ALL, else: 'forbidden' },
  'an editor of its project': { may: ALL, else: 'forbidden' },
  'a viewer of its project': { may: READ, else: 'forbidden' },
  'somebody else': { may: [], else: 'task_not_found' },
  'an auditor': { may: READ, else: 'forbidden' },
  'an auditor who views its project': { may: READ, else: 'forbidden' },
  'an administrator': { may: ALL, else: 'forbidden' },
  'the command line': { may: ALL, else: 'forbidden' },
  'Zerg itself': { may: ALL, else: 'forbidden' },
  nobody: { may: [], else: 'forbidden' },
  'a key of its owner': { may: ALL, else: 'forbidden' },
  'a key of its owner that only reads': { may: READ, else: 'forbidden' },
  'a key of its owner that only writes': { may: [...CHANGE, 'remove'], else: 'forbidden' },
  'a key of its owner for other things': { may: [], else: 'forbidden' },
  'a key of its owner for nothing': { may: [], else: 'forbidden' },
  'a key of its assignee': { may: [...READ, ...CHANGE], else: 'forbidden' },
  'a key of a viewer': { may: READ, else: 'forbidden' },
  // It sees what it may change, which is nothing; what it asks to read is refused before.
  'a key of a viewer that only writes': { may: [], else: 'task_not_found' },
  'a key of somebody else': { may: [], else: 'task_not_found' },
  'a key of an administrator that only reads': { may: READ, else: 'forbidden' },
}

/**
 * What the doors say where they refuse before the service does. For nobody an api process has no token
 * to show, and is not let in itself.
 */
const AT_THE_DOOR = new Set([
  'authentication_required',
  'insufficient_scope',
  'tasks_service_unavailable',
])

/** The part of the suite about who may. */
export function access(kit: Kit) {
  const place = () => placeIn(kit().world, kit().tasks)
  const admin = () => asUser(newId(), ['admin'])

  describe('a task', () => {
    test.each(Object.keys(KINDS) as Kind[])('is for %s what it is, and no more', async kind => {
      const { tasks } = kit()
      const { may, else: otherwise } = MAY[kind]
      let of = await place()
      for (const action of ALL) {
        const call = KINDS[kind](of)
        const attempt = ACTIONS[action](tasks, call, of)
        if (may.includes(action)) {
          await attempt
          of = await place()
          continue
        }
        const refusal = await rejection(attempt)
        const code = isAppError(refusal) ? refusal.code : String(refusal)
        const isAtDoor = AT_THE_DOOR.has(code) && call.caller.kind !== 'user'
        // A key that may only write is told at once that it may not read.
        const isWriters = kind.endsWith('only writes') && code === 'forbidden'
        expect([action, isAtDoor || isWriters ? otherwise : code]).toEqual([action, otherwise])
        expect([action, await tasks.get(admin(), of.task.id)]).toEqual([action, of.task])
      }
    })

    test('that one may not see is told of as one that does not exist', async () => {
      const { tasks } = kit()
      const of = await place()
      const call = asUser(of.stranger)
      const attempts = (id: string) => [
        () => tasks.get(call, id),
        () => tasks.change(call, id, { title: 'x' }),
        () => tasks.change(call, id, { title: 'x', version: 99 }),
        () => tasks.change(call, id, { version: 99 }),
        () => tasks.change(call, id, { project_id: newId() }),
        () => tasks.replace(call, id, { title: 'x', assignee_id: newId() }),
        () => tasks.remove(call, id),
        () => tasks.remove(call, id, 99),
      ]
      const errors = async (id: string) =>
        await Promise.all(attempts(id).map(async attempt => told(await rejection(attempt()))))
      expect(await errors(of.task.id)).toEqual(await errors(newId()))
    })

    test('that one may see but not change is forbidden, whatever else is wrong', async () => {
      const { tasks } = kit()
      const of = await place()
      const call = asUser(of.viewer)
      for (const attempt of [
        () => tasks.change(call, of.task.id, { title: 'x', version: 99 }),
        () => tasks.change(call, of.task.id, { version: 99 }),
        () => tasks.change(call, of.task.id, { project_id: newId(), assignee_id: newId() }),
        () => tasks.remove(asUser(of.helper), of.task.id, 99),
      ])
        expect(await rejection(attempt())).toMatchObject({ code: 'forbidden' })
    })

    test('that is another’s by the id that one names for a new one stays untold', async () => {
      const { tasks } = kit()
      const of = await place()
      const made = await tasks.create(asUser(of.stranger), { id: of.task.id, title: 'Mine' })
      const fresh = await tasks.create(asUser(of.stranger), { id: newId(), title: 'Mine' })
      expect({ ...made, ...VARYING }).toEqual({ ...fresh, ...VARYING })
      expect(await tasks.get(admin(), of.task.id)).toEqual(of.task)
    })

    test('is a key’s user’s, not the key’s', async () => {
      const { tasks, world } = kit()
      const user = await world.insertUser()
      const task = await tasks.create(asKey(user, ['tasks:write']), { title: 'By a key' })
      expect(task.owner_id).toBe(user)
      expect(await tasks.get(asUser(user), task.id)).toEqual(task)
    })
  })

  // The ways to name a project for a task, each by somebody who may do all else with the task.
  const PUTS = {
    'a new task': (call: Call, project_id: string) =>
      kit().tasks.create(call, { title: 'x', project_id }),
    'a changed task': async (call: Call, project_id: string) => {
      const { id } = await kit().tasks.create(call, { title: 'x' })
      return await kit().tasks.change(call, id, { project_id })
    },
    'a replaced task': async (call: Call, project_id: string) => {
      const { id } = await kit().tasks.create(call, { title: 'x' })
      return await kit().tasks.replace(call, id, { title: 'y', project_id })
    },
  }

  describe.each(Object.keys(PUTS) as (keyof typeof PUTS)[])('%s', how => {
    const put = PUTS[how]

    test('goes into a project that one owns or edits', async () => {
      const of = await place()
      for (const user of [of.owner, of.editor])
        expect(await put(asUser(user), of.project)).toMatchObject({ project_id: of.project })
    })

    test('goes into no project that one only views', async () => {
      const of = await place()
      for (const call of [asUser(of.viewer), asUser(of.stranger, ['auditor'])])
        expect(await rejection(put(call, of.project))).toMatchObject({ code: 'forbidden' })
    })

    test('goes into no project that one may not see, which is told of as if there were none', async () => {
      const of = await place()
      for (const user of [of.stranger, of.author, of.helper]) {
        const hidden = told(await rejection(put(asUser(user), of.project)))
        expect(hidden).toEqual(told(await rejection(put(asUser(user), newId()))))
        expect(hidden).toMatchObject({ code: 'reference_not_found' })
      }
    })
  })

  const GIVES = {
    'a new task': (call: Call, of: Place, assignee_id: string) =>
      kit().tasks.create(call, { title: 'x', project_id: of.project, assignee_id }),
    'a changed task': (call: Call, of: Place, assignee_id: string) =>
      kit().tasks.change(call, of.task.id, { assignee_id }),
    'a replaced task': (call: Call, of: Place, assignee_id: string) =>
      kit().tasks.replace(call, of.task.id, { title: 'y', project_id: of.project, assignee_id }),
  }

  describe.each(Object.keys(GIVES) as (keyof typeof GIVES)[])('%s', how => {
    const give = GIVES[how]

    test('is given to oneself and to members of its project', async () => {
      const of = await place()
      for (const user of [of.editor, of.viewer, of.owner])
        expect(await give(asUser(of.editor), of, user)).toMatchObject({ assignee_id: user })
    })

    test('is given to nobody else, who is told of as if there were no such user', async () => {
      const of = await place()
      const hidden = told(await rejection(give(asUser(of.editor), of, of.stranger)))
      expect(hidden).toEqual(told(await rejection(give(asUser(of.editor), of, newId()))))
      expect(hidden).toMatchObject({ code: 'reference_not_found' })
    })

    test('is given to anybody by an administrator', async () => {
      const of = await place()
      const call = asUser(of.stranger, ['admin'])
      expect(await give(call, of, of.author)).toMatchObject({ assignee_id: of.author })
      expect(await rejection(give(call, of, newId()))).toMatchObject({
        code: 'reference_not_found',
      })
    })
  })

  test('a task without a project is given to oneself alone', async () => {
    const { tasks } = kit()
    const of = await place()
    const mine = await tasks.create(asUser(of.viewer), { title: 'x', assignee_id: of.viewer })
    const attempt = tasks.change(asUser(of.viewer), mine.id, { assignee_id: of.owner })
    expect(await rejection(attempt)).toMatchObject({ code: 'reference_not_found' })
  })

  test('of a task that moves, the members of where it goes count', async () => {
    const { tasks, world } = kit()
    const of = await place()
    const other = await world.insertProject()
    await world.putMember(other, of.editor, 'owner')
    const move = (assignee_id: string) =>
      tasks.change(asUser(of.editor), of.task.id, { project_id: other, assignee_id })
    expect(await rejection(move(of.viewer))).toMatchObject({ code: 'reference_not_found' })
    await world.putMember(other, of.viewer, 'viewer')
    expect(await move(of.viewer)).toMatchObject({ project_id: other, assignee_id: of.viewer })
  })
}

const VARYING = { id: '', created_at: '', updated_at: '' }

const told = (error: unknown) =>
  isAppError(error)
    ? { code: error.code, message: error.message, errors: error.errors }
    : String(error)

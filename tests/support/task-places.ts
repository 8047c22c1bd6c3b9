// A task in a project, with people of every kind around both, made for one test.

import { newId } from '#lib/id.ts'
import type { Task } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import type { Database } from '#platform/postgres/database.ts'
import { asUser } from './callers.ts'
import { insertProject, insertUser } from './databases.ts'

export type Role = 'owner' | 'editor' | 'viewer'

/** Makes what tasks refer to. */
export type World = {
  insertProject(): Promise<string>
  insertUser(): Promise<string>
  putMember(project: string, user: string, role: Role): Promise<void>
  removeMember(project: string, user: string): Promise<void>
}

export type Place = {
  task: Task
  /** A word that stands in the title of no other task. */
  word: string
  project: string
  /** Owns the task, and is no member of the project any more. */
  author: string
  /** Was given the task when they were a member. */
  helper: string
  owner: string
  editor: string
  viewer: string
  stranger: string
}

/** The world of a real database. */
export function worldIn(database: Database): World {
  const on = () => database.on(AbortSignal.timeout(10_000))
  return {
    insertProject: () => insertProject(database),
    insertUser: () => insertUser(database),
    putMember: async (project, user, role) => {
      await on().run(
        sql => sql`
          insert into project_members (project_id, user_id, role) values (${project}, ${user}, ${role})
          on conflict (project_id, user_id) do update set role = excluded.role`,
      )
    },
    removeMember: async (project, user) => {
      await on().run(
        sql => sql`delete from project_members where project_id = ${project} and user_id = ${user}`,
      )
    },
  }
}

export async function placeIn(world: World, tasks: Tasks): Promise<Place> {
  const people: string[] = []
  for (let n = 0; n < 6; n++) people.push(await world.insertUser())
  const [author = '', helper = '', owner = '', editor = '', viewer = '', stranger = ''] = people
  const project = await world.insertProject()
  await world.putMember(project, author, 'editor')
  await world.putMember(project, helper, 'viewer')
  const word = `w${newId().replaceAll('-', '')}`
  const task = await tasks.create(asUser(author), {
    title: `About ${word}`,
    project_id: project,
    assignee_id: helper,
    due_date: '2026-03-04T05:06:07.000Z',
  })
  await world.removeMember(project, author)
  await world.removeMember(project, helper)
  for (const [user, role] of [
    [owner, 'owner'],
    [editor, 'editor'],
    [viewer, 'viewer'],
  ] as const)
    await world.putMember(project, user, role)
  return { task, word, project, author, helper, owner, editor, viewer, stranger }
}

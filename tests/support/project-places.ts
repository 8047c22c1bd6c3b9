// A project with people of every kind around it, made for one test.

import { newId } from '#lib/id.ts'
import type { ProjectsUnderTest } from './contracts/projects.ts'
import { asUser } from './callers.ts'
import { insertUser } from './databases.ts'

export type Place = {
  id: string
  /** Has made the project and left it. */
  creator: string
  /** The only one. */
  owner: string
  editor: string
  viewer: string
  /** Another viewer, whom things are done to. */
  member: string
  stranger: string
}

export const memberOf = (of: Place) => ({ projectId: of.id, userId: of.member })

export type Places = ReturnType<typeof createPlaces>

/** What is under test may be open only later. */
export function createPlaces(under: () => ProjectsUnderTest) {
  return { place, person, membersOf, entriesOf, tasksOf, insertTask }

  async function place(): Promise<Place> {
    const { projects } = under()
    const [creator, owner, editor] = [await person(), await person(), await person()]
    const [viewer, member, stranger] = [await person(), await person(), await person()]
    const call = asUser(creator)
    const { id } = await projects.create(call, { name: `Project ${newId()}` })
    const roles = [
      [owner, 'owner'],
      [editor, 'editor'],
      [viewer, 'viewer'],
      [member, 'viewer'],
    ] as const
    for (const [userId, role] of roles)
      await projects.members.put(call, { projectId: id, userId }, { role })
    await projects.members.remove(call, { projectId: id, userId: creator })
    return { id, creator, owner, editor, viewer, member, stranger }
  }

  async function person(): Promise<string> {
    return await insertUser(under().database)
  }

  async function membersOf(id: string) {
    return await count('from project_members where project_id = $1', id)
  }

  async function entriesOf(id: string) {
    return await count('from audit_entries where project_id = $1', id)
  }

  async function tasksOf(ownerId: string) {
    return await count('from tasks where owner_id = $1', ownerId)
  }

  async function count(what: string, id: string): Promise<number> {
    const rows = await on().run(sql =>
      sql.unsafe<{ n: number }[]>(`select count(*)::int as n ${what}`, [id]),
    )
    return rows[0]?.n ?? 0
  }

  async function insertTask(projectId: string, ownerId: string): Promise<void> {
    await on().run(
      sql => sql`
        insert into tasks (id, title, owner_id, project_id)
        values (${newId()}, 'Somebody’s', ${ownerId}, ${projectId})`,
    )
  }

  function on() {
    return under().database.on(AbortSignal.timeout(10_000))
  }
}

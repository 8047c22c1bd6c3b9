// Projects in PostgreSQL. Every function is one statement, and its rows are projects as they stand;
// what a caller may not see or do is left out by the statement itself.

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import type { Reach } from '#lib/rule.ts'
import { whoOf } from '#platform/audit/statement.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'
import { callerIsGone, onConstraint } from '#platform/postgres/errors.ts'
import { type Listing, listStatement } from './listing.ts'
import type { Project } from './model.ts'
import { userOf } from './reaching.ts'
import {
  findStatement,
  INSERT,
  judgeStatement,
  lockMembersStatement,
  lockStatement,
  removeStatement,
  updateStatement,
} from './writing.ts'

export type ProjectContent = Pick<Project, 'name' | 'description' | 'status'>

/** What is absent stays. */
export type ContentChange = { [Field in keyof ProjectContent]?: ProjectContent[Field] | undefined }

/** What a change is meant for. */
export type Target = {
  id: string
  /** The only version that it is meant for. */
  version: number | undefined
  /** The projects that it may be made to. */
  reach: Reach
}

/** What a caller sees of a project that a change has not met. */
export type Judgement = { version: number; may: boolean }

export type ProjectRepository = ReturnType<typeof createProjectRepository>

export function createProjectRepository() {
  return { insert, find, list, update, lock, lockMembers, remove, judge }

  /** With its owner as the first member. */
  async function insert(
    on: Runner,
    call: Call,
    project: ProjectContent & Pick<Project, 'id' | 'owner_id'>,
  ) {
    const { id, owner_id, name, description, status } = project
    const values = [...whoOf(call), id, owner_id, name, description, status]
    const [inserted] = await on
      .run(sql => sql.unsafe<Project[]>(INSERT, values, PREPARED))
      .catch(onTakenName)
    if (!inserted) throw new Error('An inserted project came back without its row.')
    return inserted
  }

  async function find(on: Runner, id: string, reach: Reach) {
    const values = [id, ...userOf(reach)]
    const text = findStatement(reach)
    const [project] = await on.run(sql => sql.unsafe<Project[]>(text, values, PREPARED))
    return project
  }

  async function list(on: Runner, listing: Listing): Promise<Project[]> {
    const { text, values, prepare } = listStatement(listing)
    return [...(await on.run(sql => sql.unsafe<Project[]>(text, values, { prepare })))]
  }

  /** Undefined where no such project is within reach and has the version expected. */
  async function update(on: Runner, call: Call, given: Target & { change: ContentChange }) {
    const { id, version, reach, change } = given
    const { name = null, description = null, status = null } = change
    const what = [id, version ?? null, name, description, status]
    const values = [...whoOf(call), ...what, ...userOf(reach)]
    const [updated] = await on
      .run(sql => sql.unsafe<Project[]>(updateStatement(reach), values, PREPARED))
      .catch(onTakenName)
    return updated
  }

  /** Keeps others from changing the project, its members and which tasks it has, until the transaction ends. */
  async function lock(tx: Tx, id: string, reach: Reach) {
    return await lockBy(tx, lockStatement(reach), [id, ...userOf(reach)])
  }

  /** Keeps others from changing the project and its members until the transaction ends. */
  async function lockMembers(tx: Tx, id: string, reach: Reach) {
    return await lockBy(tx, lockMembersStatement(reach), [id, ...userOf(reach)])
  }

  async function lockBy(tx: Tx, text: string, values: string[]) {
    const rows = await tx.run(sql => sql.unsafe<{ version: number }[]>(text, values, PREPARED))
    return rows[0]
  }

  /**
   * False where no such project is within reach and has the version expected.
   *
   * @throws AppError `project_not_empty`.
   */
  async function remove(on: Runner, call: Call, { id, version, reach }: Target) {
    const values = [...whoOf(call), id, version ?? null, ...userOf(reach)]
    const rows = await on
      .run(sql => sql.unsafe<object[]>(removeStatement(reach), values, PREPARED))
      .catch(onTasks)
    return rows.length > 0
  }

  /** A project as far as it is `seen`, and whether it is within reach as well. */
  async function judge(on: Runner, id: string, { seen, reach }: { seen: Reach; reach: Reach }) {
    const [user] = [...userOf(seen), ...userOf(reach)]
    const values = user === undefined ? [id] : [id, user]
    const text = judgeStatement(seen, reach)
    const [judgement] = await on.run(sql => sql.unsafe<Judgement[]>(text, values, PREPARED))
    return judgement
  }
}

const PREPARED = { prepare: true } as const

const onTakenName = onConstraint({
  projects_owner_id_fkey: callerIsGone,
  project_members_user_id_fkey: callerIsGone,
  projects_owner_id_name_key: () =>
    new AppError('project_name_taken', 'The owner already has a project of this name.', {
      errors: [{ pointer: '/name', detail: 'is taken by another project of the owner' }],
    }),
})

const onTasks = onConstraint({
  tasks_project_id_fkey: () =>
    new AppError(
      'project_not_empty',
      'The project still has tasks; say what is to become of them with ?tasks=delete or ?tasks=detach.',
    ),
})

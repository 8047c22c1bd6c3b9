// Projects in PostgreSQL. SQL lives here and in member-repository.ts, and nowhere else in this
// feature. Rows are projects as they stand.

import type { Position } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { USUAL_ROWS, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import type { Project, ProjectFilter } from './model.ts'

export type ProjectContent = Pick<Project, 'name' | 'description' | 'status'>

/** What is absent stays. */
export type ContentChange = { [Field in keyof ProjectContent]?: ProjectContent[Field] | undefined }

export type Sort = { column: 'created_at' | 'updated_at' | 'name'; descending: boolean }

/** One row more than the page shows says whether another follows. */
export type Listing = {
  filter: ProjectFilter
  sort: Sort
  after: Position | undefined
  limit: number
}

export type Update = {
  change: ContentChange
  /** The only version that the change is meant for. */
  version: number | undefined
}

export type ProjectRepository = ReturnType<typeof createProjectRepository>

export function createProjectRepository() {
  return { insert, find, list, update, lock, remove }

  /** With its owner as the first member. */
  async function insert(on: Runner, project: ProjectContent & Pick<Project, 'id' | 'owner_id'>) {
    const { id, owner_id, name, description, status } = project
    const values = [id, owner_id, name, description, status]
    const [inserted] = await on
      .run(sql => sql.unsafe<Project[]>(INSERT, values, PREPARED))
      .catch(onTakenName)
    if (!inserted) throw new Error('An inserted project came back without its row.')
    return inserted
  }

  async function find(on: Runner, id: string) {
    const [project] = await on.run(sql => sql.unsafe<Project[]>(FIND, [id], PREPARED))
    return project
  }

  async function list(on: Runner, listing: Listing): Promise<Project[]> {
    const { text, values, prepare } = listStatement(listing)
    return [...(await on.run(sql => sql.unsafe<Project[]>(text, values, { prepare })))]
  }

  /** Undefined where there is no such project, or it has another version than the one expected. */
  async function update(on: Runner, id: string, { change, version }: Update) {
    const { name = null, description = null, status = null } = change
    const values = [id, version ?? null, name, description, status]
    const [updated] = await on
      .run(sql => sql.unsafe<Project[]>(UPDATE, values, PREPARED))
      .catch(onTakenName)
    return updated
  }

  /** Keeps others from changing the project, its members and which tasks it has, until the transaction ends. */
  async function lock(tx: Tx, id: string) {
    const [project] = await tx.run(sql =>
      sql.unsafe<Project[]>(`${FIND} for update`, [id], PREPARED),
    )
    return project
  }

  /**
   * False where there is no such project, or it has another version than the one expected.
   *
   * @throws AppError `project_not_empty`.
   */
  async function remove(on: Runner, id: string, version?: number): Promise<boolean> {
    const rows = await on
      .run(sql => sql.unsafe<object[]>(REMOVE, [id, version ?? null], PREPARED))
      .catch(onTasks)
    return rows.length > 0
  }
}

const PREPARED = { prepare: true } as const

const COLUMNS = 'id, name, description, status, owner_id, version, created_at, updated_at'

const FIND = `select ${COLUMNS} from projects where id = $1`

const INSERT = `with project as (
    insert into projects (id, owner_id, name, description, status) values ($1, $2, $3, $4, $5)
    returning ${COLUMNS}
  ), member as (
    insert into project_members (project_id, user_id, role) select id, owner_id, 'owner' from project
  )
  select ${COLUMNS} from project`

// The version is compared in the statement itself, so that of two writers only one can win.
const UPDATE = `update projects set
    name = coalesce($3, name),
    description = coalesce($4, description),
    status = coalesce($5, status),
    version = version + 1,
    updated_at = greatest(now(), updated_at)
  where id = $1 and ($2::bigint is null or version = $2)
  returning ${COLUMNS}`

const REMOVE = `delete from projects where id = $1 and ($2::bigint is null or version = $2) returning id`

/** The SQL of a page of projects. */
export function listStatement({ filter, sort, after, limit }: Listing) {
  const { bind, values } = createPlaceholders()
  const { column, descending } = sort
  const direction = descending ? 'desc' : 'asc'
  const conditions = [
    ...(filter.status === undefined ? [] : [`status = ${bind(filter.status)}`]),
    ...(filter.owner_id === undefined ? [] : [`owner_id = ${bind(filter.owner_id)}::uuid`]),
    ...(after
      ? [`(${column}, id) ${descending ? '<' : '>'} ${position(after, column, bind)}`]
      : []),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const rowsMax = roundUpRows(limit)
  const text = `select * from (
      select ${COLUMNS} from projects ${where}
      order by ${column} ${direction}, id ${direction} limit ${rowsMax}
    ) page limit ${bind(limit)}`
  return { text, values, prepare: rowsMax <= USUAL_ROWS }
}

const position = ({ key, id }: Position, column: Sort['column'], bind: (value: string) => string) =>
  `(${bind(key ?? '')}::${column === 'name' ? 'text' : 'timestamptz'}, ${bind(id)}::uuid)`

const onTakenName = onConstraint({
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

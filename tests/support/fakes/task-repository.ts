// Tasks in memory. It passes the same suite as the repository on PostgreSQL.

import { newId } from '#lib/id.ts'
import { AppError } from '#lib/errors.ts'
import { afterPrefix } from '#lib/words.ts'
import type { Listing, Sort } from '#features/tasks/listing.ts'
import type { Task, TaskFilter } from '#features/tasks/model.ts'
import type { TaskRepository } from '#features/tasks/repository.ts'
import type { Search } from '#features/tasks/searching.ts'

type Row = Task & { words: readonly string[] }

export function fakeTaskRepository() {
  const rows = new Map<string, Row>()
  const [projects, users] = [new Set<string>(), new Set<string>()]
  const now = () => new Date().toISOString()

  const repository: TaskRepository = {
    async insert(_, { words, ...task }) {
      requireReferences(task)
      if (rows.has(task.id)) return undefined
      const at = now()
      const completed = task.status === 'done'
      rows.set(task.id, {
        ...task,
        completed,
        completed_at: completed ? at : null,
        version: 1,
        created_at: at,
        updated_at: at,
        words,
      })
      return shown(rows.get(task.id)!)
    },
    async find(_, id) {
      const row = rows.get(id.toLowerCase())
      return row && shown(row)
    },
    findMany: async (_, ids) => [...rows.values()].filter(({ id }) => ids.includes(id)).map(shown),
    list: async (_, listing) => listed([...rows.values()], listing).map(shown),
    search: async (_, search) => searched([...rows.values()], search),
    async update(_, id, { change, words, version }) {
      const row = rows.get(id)
      if (!row || (version !== undefined && version !== row.version)) return undefined
      requireReferences(change)
      const given = Object.fromEntries(
        Object.entries(change).filter(([, value]) => value !== undefined),
      )
      const at = now()
      const next: Row = { ...row, ...given, words: words ?? row.words, version: row.version + 1 }
      next.completed = next.status === 'done'
      next.completed_at = next.completed ? (row.completed_at ?? at) : null
      next.updated_at = at
      rows.set(id, next)
      return shown(next)
    },
    async remove(_, id, version) {
      const row = rows.get(id)
      if (!row || (version !== undefined && version !== row.version)) return false
      return rows.delete(id)
    },
    async removeAll(_, projectId) {
      for (const row of rows.values()) if (row.project_id === projectId) rows.delete(row.id)
    },
    async detachAll(_, projectId) {
      for (const row of rows.values())
        if (row.project_id === projectId) {
          row.project_id = null
          row.version += 1
        }
    },
  }

  const add = (to: Set<string>) => async () => {
    const id = newId()
    to.add(id)
    return id
  }
  return { repository, world: { insertProject: add(projects), insertUser: add(users) } }

  function requireReferences(task: { project_id?: unknown; assignee_id?: unknown }) {
    requireOne('project_id', task.project_id, projects)
    requireOne('assignee_id', task.assignee_id, users)
  }
}

function requireOne(field: string, id: unknown, known: ReadonlySet<unknown>) {
  if (id === null || id === undefined || known.has(id)) return
  throw new AppError('reference_not_found', `\`${field}\` names nothing.`, {
    errors: [{ pointer: `/${field}`, detail: 'names nothing' }],
  })
}

const shown = ({ words: _, ...task }: Row): Task => ({ ...task })

function listed(rows: readonly Row[], { filter, sort, after, limit, offset }: Listing): Row[] {
  const order = orderBy(sort)
  const sorted = rows.filter(row => fits(row, filter)).toSorted(order)
  const start = after
    ? sorted.filter(row => order({ [sort.column]: after.key, id: after.id }, row) < 0)
    : sorted
  return start.slice(offset, offset + limit)
}

function searched(rows: readonly Row[], { words, filter, after, limit, offset }: Search) {
  const [first = ''] = words
  const begins = (word: string) => (own: string) => own >= word && own < afterPrefix(word)
  const found = rows
    .filter(row => fits(row, filter) && words.every(word => row.words.some(begins(word))))
    .map(row => ({ task: shown(row), at: { key: row.words.find(begins(first))!, id: row.id } }))
    .toSorted((a, b) => compare(a.at.key, b.at.key) || compare(a.at.id, b.at.id))
    .filter(({ at }) => !after || (compare(at.key, after.key!) || compare(at.id, after.id)) > 0)
  return found.slice(offset, offset + limit)
}

function fits(task: Task, { due_before, due_after, ...filter }: TaskFilter): boolean {
  const { due_date } = task
  if (due_before !== undefined && (due_date === null || due_date >= due_before)) return false
  if (due_after !== undefined && (due_date === null || due_date < due_after)) return false
  return Object.entries(filter).every(([field, value]) => Reflect.get(task, field) === value)
}

type Keyed = { [Column in Sort['column']]?: string | null } & { id: string }

// What has no value comes last, whichever way the order runs.
const orderBy =
  ({ column, descending }: Sort) =>
  (a: Keyed, b: Keyed): number => {
    const [left, right] = [a[column] ?? null, b[column] ?? null]
    const turn = descending ? -1 : 1
    if (left === null || right === null)
      return left === right ? turn * compare(a.id, b.id) : left === null ? 1 : -1
    return turn * (compare(left, right) || compare(a.id, b.id))
  }

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

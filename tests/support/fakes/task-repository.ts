// Tasks in memory. It passes the same suite as the repository on PostgreSQL.

import { newId } from '#lib/id.ts'
import { AppError } from '#lib/errors.ts'
import { afterPrefix } from '#lib/words.ts'
import type { Reach } from '#lib/rule.ts'
import type { UserReach } from '#features/tasks/reaching.ts'
import type { Listing, Sort } from '#features/tasks/ordering.ts'
import type { Task, TaskFilter } from '#features/tasks/model.ts'
import type { ContentChange, TaskRepository } from '#features/tasks/repository.ts'
import type { Search } from '#features/tasks/searching.ts'

type MemberRole = 'owner' | 'editor' | 'viewer'
type Row = Task & { words: readonly string[] }

export function fakeTaskRepository() {
  const rows = new Map<string, Row>()
  const [projects, users] = [new Set<string>(), new Set<string>()]
  const members = new Map<string, MemberRole>()
  const now = () => new Date().toISOString()

  const repository: TaskRepository = {
    async insert(_, _call, { task: { words, ...task }, place }) {
      if (place === 'any') requireReferences(task)
      else if (!mayGo(task, undefined, place)) return undefined
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
    async find(_, id, reach) {
      const row = rows.get(id.toLowerCase())
      return row && isWithin(row, reach) ? shown(row) : undefined
    },
    findMany: async (_, ids, reach) =>
      within(reach)
        .filter(({ id }) => ids.includes(id))
        .map(shown),
    list: async (_, listing) => listed(within(listing.reach), listing).map(shown),
    search: async (_, search) => searched(within(search.reach), search),
    async update(_, _call, { id, change, words, version, reach, place }) {
      const row = rows.get(id)
      if (!row || !isWithin(row, reach)) return undefined
      if (version !== undefined && version !== row.version) return undefined
      if (place === 'any') requireReferences(change)
      else if (!mayGo(change, row, place)) return undefined
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
    async remove(_, _call, { id, version, reach }) {
      const row = rows.get(id)
      if (!row || !isWithin(row, reach)) return false
      if (version !== undefined && version !== row.version) return false
      return rows.delete(id)
    },
    async judge(_, id, { seen, reach }) {
      const row = rows.get(id)
      return row && isWithin(row, seen) ? { ...row, may: isWithin(row, reach) } : undefined
    },
    standing: async (_, { into, to, within: inside }, place) => {
      const isThere = projects.has(into ?? '')
      if (place === 'any')
        return { isThere, isMember: true, mayPlace: true, mayTake: users.has(to ?? '') }
      return {
        isThere,
        isMember: roleOf(into, place.userId) !== undefined,
        mayPlace: mayPlace(into, place),
        mayTake: to === place.userId || (to !== null && roleOf(inside, to) !== undefined),
      }
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
  const world = {
    insertProject: add(projects),
    insertUser: add(users),
    putMember: async (project: string, user: string, role: MemberRole) => {
      members.set(`${project} ${user}`, role)
    },
    removeMember: async (project: string, user: string) => {
      members.delete(`${project} ${user}`)
    },
  }
  return { repository, world }

  function within(reach: Reach): Row[] {
    return [...rows.values()].filter(row => isWithin(row, reach))
  }

  function isWithin(task: Task, reach: Reach): boolean {
    if (reach === 'any') return true
    const { userId, relations } = reach
    const role = roleOf(task.project_id, userId)
    return (
      (relations.includes('owner') && task.owner_id === userId) ||
      (relations.includes('assignee') && task.assignee_id === userId) ||
      (role !== undefined && relations.includes(`project_${role}`))
    )
  }

  function roleOf(project: string | null, user: string): MemberRole | undefined {
    return members.get(`${project} ${user}`)
  }

  function mayPlace(project: string | null, { userId, relations }: UserReach): boolean {
    const role = roleOf(project, userId)
    return role !== undefined && relations.includes(`project_${role}`)
  }

  function mayGo(task: ContentChange, now: Task | undefined, place: UserReach): boolean {
    const project = task.project_id === undefined ? (now?.project_id ?? null) : task.project_id
    const isPlaced =
      task.project_id == null || project === now?.project_id || mayPlace(project, place)
    const to = task.assignee_id
    const isKept = to == null || to === now?.assignee_id || to === place.userId
    return isPlaced && (isKept || roleOf(project, to) !== undefined)
  }

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
  // An id is the same in capitals.
  const isValue = (value: unknown) => (own: unknown) =>
    own === (typeof value === 'string' ? value.toLowerCase() : value)
  return Object.entries(filter).every(([field, value]) => isValue(value)(Reflect.get(task, field)))
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

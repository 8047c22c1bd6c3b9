// Why a change of tasks has met no row: asked only then. What a caller may not see is not found, and
// what they may see but not change is forbidden, whatever else is wrong with the change.

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import { reachOf, requireReach, type Reach } from '#lib/rule.ts'
import type { Database } from '#platform/postgres/database.ts'
import { type Placement, whyNotPlaced } from './placing.ts'
import { TASKS } from './policy.ts'
import type { ContentChange, Judgement, TaskRepository } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on'>
  repository: Pick<TaskRepository, 'judge' | 'standing'>
}

type Change = { version: number | undefined; reach: Reach; change?: ContentChange }
type Where = Pick<ContentChange, 'project_id' | 'assignee_id'>

export function createReasons({ database, repository }: Needs) {
  return { whyNotMade, whyNotChanged }

  async function whyNotMade(call: Call, { project_id = null, assignee_id = null }: Where) {
    const placement = { into: project_id, to: assignee_id, within: project_id }
    return (await misplaced(call, placement)) ?? inTheWay()
  }

  async function whyNotChanged(call: Call, id: string, { version, reach, change }: Change) {
    // A credential that may change but not read sees what it may change.
    const seen = reachOf(call.caller, TASKS.read) ?? reach
    const task = await repository.judge(database.on(call.signal), id, { seen, reach })
    if (!task) return notFound()
    if (!task.may) return new AppError('forbidden', 'You may not do this with this task.')
    if (version !== undefined && version !== task.version) return mismatch(task, version)
    return (change && (await misplaced(call, placementOf(task, change)))) ?? inTheWay()
  }

  async function misplaced(call: Call, placement: Placement): Promise<AppError | undefined> {
    const place = requireReach(call.caller, TASKS.place)
    if (place === 'any' || (placement.into ?? placement.to) === null) return undefined
    const standing = await repository.standing(database.on(call.signal), placement, place)
    const seesAll = reachOf(call.caller, TASKS.read) === 'any'
    return standing && whyNotPlaced(placement, standing, seesAll)
  }
}

// Where a task stays, nobody is asked.
const placementOf = (task: Judgement, { project_id, assignee_id }: Where): Placement => ({
  into: other(project_id, task.project_id),
  to: other(assignee_id, task.assignee_id),
  within: project_id === undefined ? task.project_id : project_id,
})

const other = (given: string | null | undefined, present: string | null) =>
  given == null || given.toLowerCase() === present ? null : given

export const notFound = () => new AppError('task_not_found', 'There is no task with this id.')

const mismatch = ({ version }: Judgement, expected: number) =>
  new AppError(
    'version_mismatch',
    `The task is at version ${version} by now; the change was meant for ${expected}.`,
  )

// What was in the way is gone by now: the same change may well succeed.
const inTheWay = () =>
  new AppError('database_busy', 'Another change was in the way; nothing was done.')

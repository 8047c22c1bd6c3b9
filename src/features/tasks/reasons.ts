// Why a change of tasks has met no row: asked only then. What a caller may not see is not found, and
// what they may see but not change is forbidden, whatever else is wrong with the change.

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import { reachOf, requireReach, type Reach } from '#lib/rule.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { type Placement, whyNotPlaced } from './placing.ts'
import { TASKS } from './policy.ts'
import type { ContentChange, Judgement, TaskRepository } from './repository.ts'

type Change = {
  id: string
  version: number | undefined
  reach: Reach
  change?: ContentChange
}
type Where = Pick<ContentChange, 'project_id' | 'assignee_id'>

export function createReasons(repository: Pick<TaskRepository, 'judge' | 'standing'>) {
  return { whyNotMade, whyNotChanged }

  async function whyNotMade(on: Runner, call: Call, where: Where): Promise<AppError> {
    const { project_id = null, assignee_id = null } = where
    const placement = { into: project_id, to: assignee_id, within: project_id }
    return (await misplaced(on, call, placement)) ?? inTheWay()
  }

  async function whyNotChanged(on: Runner, call: Call, given: Change): Promise<AppError> {
    const { id, version, reach, change } = given
    // A credential that may change but not read sees what it may change.
    const seen = reachOf(call.caller, TASKS.read) ?? reach
    const task = await repository.judge(on, id, { seen, reach })
    if (!task) return notFound()
    if (!task.may) return new AppError('forbidden', 'You may not do this with this task.')
    if (version !== undefined && version !== task.version) return mismatch(task, version)
    return (change && (await misplaced(on, call, placementOf(task, change)))) ?? inTheWay()
  }

  async function misplaced(on: Runner, call: Call, placement: Placement) {
    if ((placement.into ?? placement.to) === null) return undefined
    const place = requireReach(call.caller, TASKS.place)
    const standing = await repository.standing(on, placement, place)
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

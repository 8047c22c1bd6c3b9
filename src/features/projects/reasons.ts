// Why a change has met no project: asked only then. What a caller may not see is not found, and what
// they may see but not change is forbidden, whatever else is wrong with the change.

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import { reachOf } from '#lib/rule.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { PROJECTS } from './policy.ts'
import type { Judgement, ProjectRepository, Target } from './repository.ts'

export const createReasons = ({ judge }: Pick<ProjectRepository, 'judge'>) =>
  async function whyNot(on: Runner, call: Call, { id, version, reach }: Target): Promise<AppError> {
    // A credential that may change but not read sees what it may change.
    const seen = reachOf(call.caller, PROJECTS.read) ?? reach
    const project = await judge(on, id, { seen, reach })
    if (!project) return notFound()
    if (!project.may) return new AppError('forbidden', 'You may not do this with this project.')
    if (version !== undefined && version !== project.version) return mismatch(project, version)
    return inTheWay()
  }

export const notFound = () => new AppError('project_not_found', 'There is no project with this id.')

export const mismatch = ({ version }: Pick<Judgement, 'version'>, expected: number) =>
  new AppError(
    'version_mismatch',
    `The project is at version ${version} by now; the change was meant for ${expected}.`,
  )

// What was in the way is gone by now: the same change may well succeed.
const inTheWay = () =>
  new AppError('database_busy', 'Another change was in the way; nothing was done.')

// Why a task may not be put into a project, or be given to somebody. Projects and people that one
// may not know of are answered as if they did not exist.

import { AppError } from '#lib/errors.ts'

export type Placement = {
  /** The project that the task is to go into; null where it stays, or has none from now on. */
  into: string | null
  /** Whom it is to be given to; null where it stays with whom it is, or is nobody's from now on. */
  to: string | null
  /** The project that it is in then. */
  within: string | null
}

/** How a caller stands to a placement. */
export type Standing = {
  /** There is a project to go into. */
  isThere: boolean
  /** The caller is a member of it, … */
  isMember: boolean
  /** … and may put tasks into it. */
  mayPlace: boolean
  /** Whom the task is to be given to may have it. */
  mayTake: boolean
}

/** Undefined where nothing is in the way. `seesAll`: the caller may see projects of others too. */
export function whyNotPlaced(
  { into, to }: Placement,
  standing: Standing,
  seesAll: boolean,
): AppError | undefined {
  const { isThere, isMember, mayPlace, mayTake } = standing
  if (into !== null && !isMember && !(seesAll && isThere)) return noSuch('project_id')
  if (into !== null && !mayPlace)
    return new AppError('forbidden', 'You may not put tasks into this project.')
  return to !== null && !mayTake ? noSuch('assignee_id') : undefined
}

const DETAILS = {
  project_id: 'names no project',
  assignee_id: 'names nobody whom the task could be given to',
} as const

export function noSuch(field: keyof typeof DETAILS): AppError {
  const detail = DETAILS[field]
  return new AppError('reference_not_found', `\`${field}\` ${detail}.`, {
    errors: [{ pointer: `/${field}`, detail }],
  })
}

// Values of flags that operators' commands share: a user, a list of scopes, an end.

import { isAppError } from '#lib/errors.ts'
import { isId } from '#lib/id.ts'
import { parseDuration } from '#lib/duration.ts'
import { isScope, SCOPES, type Scope } from '#lib/scope.ts'
import { checkChoice } from '../arguments.ts'
import { CommandError, usageError } from '../exit.ts'
import { type Operator, queryText } from './operator.ts'

export type Page<T> = { data: readonly T[] }

/** The id of the user that `--user` names by id or by address; undefined where nobody is named. */
export async function userIdOf(
  operator: Operator,
  user: string | undefined,
): Promise<string | undefined> {
  if (user === undefined || isId(user)) return user?.toLowerCase()
  if (!user.includes('@'))
    throw usageError(`--user cannot be "${user}".`, 'Give an e-mail address or the id of a user.')
  const found: Page<{ id: string }> = await operator.ask(
    'GET',
    `/users${queryText({ email: user })}`,
  )
  const [one] = found.data
  if (one) return one.id
  throw new CommandError(`There is no user with the address ${user}.`, {
    fix: 'Check the address; `zerg users create-admin` makes an administrator.',
  })
}

/** For `catch`: who works on the data itself is nobody, and has to say who is meant. */
export function onMissingUser(error: unknown): never {
  const isMissing = isAppError(error) && error.errors.some(({ pointer }) => pointer === '/user_id')
  if (isMissing && isAppError(error, 'validation_failed'))
    throw usageError('--user is missing.', 'Say whom it is to act for.')
  throw error
}

/** `tasks:read,tasks:write`, or `all` for each that there is. */
export function scopesOf(text: string): Scope[] {
  if (text === 'all') return [...SCOPES]
  const given = text.split(',').map(scope => scope.trim())
  for (const scope of given) checkChoice('--scopes', scope, [...SCOPES, 'all'])
  return [...new Set(given.filter(isScope))]
}

const DAY_MS = 24 * 3_600_000

/** `90d`, `12h`: from now on, in milliseconds. */
export function spanOf(flag: string, text: string): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  const ms = days === undefined ? parseDuration(text) : Number(days) * DAY_MS
  if (ms !== undefined && ms >= 0 && ms <= 36_500 * DAY_MS) return ms
  throw usageError(`${flag} cannot be "${text}".`, 'Write it as 90d, 12h or 30m.')
}

// What a door has to answer, as the rules say it: worked out from the data alone.

import { NOBODY } from '#lib/caller.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import type { Rule } from '#lib/rule.ts'
import type { Who } from './who.ts'
import { relationsOf, type Subject } from './world.ts'

export type Outcome = 'done' | 'unlisted' | ErrorCode

/** What is asked, as far as rules know about it. */
export type Asked = {
  rule: Rule
  subject: Subject
  /** By which rule it is seen, or who sees it; where nobody has to, what is not allowed is forbidden. */
  seen?: Rule | ((who: Who) => boolean)
  /** What is said where it is not seen. */
  hidden?: ErrorCode
  /** What comes to be belongs to somebody, so nobody makes it who is nobody. */
  makes?: boolean
  /** What is in the way of somebody whom the rule allows it. */
  unless?(who: Who): ErrorCode | undefined
  /** A list answers everybody, and shows nothing of what is not theirs. */
  isList?: boolean
}

export function expected(who: Who, asked: Asked): Outcome {
  const { rule, subject } = asked
  if (!who.identity) return 'authentication_required'
  if (!hasScope(who, rule)) return 'insufficient_scope'
  if (asked.makes && who.identity.userId === NOBODY) return 'forbidden'
  if (holds(who, rule, subject)) return asked.unless?.(who) ?? 'done'
  // Whoever is nobody stands to nothing, whichever row it is about.
  if (who.identity.userId === NOBODY) return 'forbidden'
  return asked.isList ? 'unlisted' : refusalOf(who, asked)
}

function refusalOf(who: Who, { subject, seen, hidden }: Asked): Outcome {
  if (hidden === undefined || seen === undefined) return 'forbidden'
  const isSeen = typeof seen === 'function' ? seen(who) : reads(who, seen, subject)
  return isSeen ? 'forbidden' : hidden
}

/** A key without the scope to read sees nothing, whatever its user sees. */
const reads = (who: Who, rule: Rule, subject: Subject) =>
  hasScope(who, rule) && holds(who, rule, subject)

export const hasScope = ({ identity }: Who, { scope }: Rule): boolean =>
  identity !== undefined &&
  (identity.scopes === 'all' || (scope !== null && identity.scopes.includes(scope)))

export function holds({ identity, person }: Who, rule: Rule, subject: Subject): boolean {
  if (!identity) return false
  const relations = relationsOf(subject, person)
  return (
    rule.roles.some(role => identity.roles.includes(role)) ||
    rule.relations.some(relation => relations.includes(relation))
  )
}

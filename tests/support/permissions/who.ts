// Every kind of caller that can knock at a door, with the token that says so.

import { type Identity, OPERATOR } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Rule } from '#lib/rule.ts'
import { SCOPES, type Scope } from '#lib/scope.ts'
import type { Database } from '#platform/postgres/database.ts'
import { tokenFor } from '../identities.ts'
import { giveKey, keyIdentity, userIdentity } from '../identity.ts'
import { peopleAround, type Person, rolesOf, type Subject, type World } from './world.ts'

export type Kind = {
  /** Such as `project_owner by a key with just the scope`. */
  name: string
  /** Undefined where it is nobody whom anything could belong to. */
  person?: Person
  /** Undefined where it is no key. */
  scopes?: readonly Scope[]
}

export type Who = Kind & {
  /** Undefined for whoever shows no token. */
  identity?: Identity
  token?: string
}

/** Whoever may stand to the subject in a way that the rule could know of, and those who do not. */
export const kindsOf = (subject: Subject, rule: Rule): readonly Kind[] => [
  { name: 'anonymous' },
  { name: 'operator' },
  ...peopleAround(subject).flatMap(person => [
    { name: person, person },
    ...narrowings(rule).map(([name, scopes]) => ({
      name: `${person} by a key ${name}`,
      person,
      scopes,
    })),
  ]),
]

const narrowings = ({ scope }: Rule): readonly (readonly [string, readonly Scope[]])[] => [
  ['without a scope', []],
  ['with every other scope', SCOPES.filter(other => other !== scope)],
  ...(scope === null ? [] : [['with just the scope', [scope]] as const]),
  ['with every scope', SCOPES],
]

/**
 * A key is a row, and its token such as the key feature itself looks up; only one without a scope is
 * none, since there can be no such row.
 */
export async function comeAs(
  kind: Kind,
  { people, sessions }: World,
  database: Pick<Database, 'on'>,
): Promise<Who> {
  const { name, person, scopes } = kind
  if (person === undefined)
    return name === 'operator' ? { ...kind, identity: OPERATOR, token: tokenFor(OPERATOR) } : kind
  const userId = people[person]
  if (scopes === undefined) {
    const sessionId = sessions[person]
    const identity = { ...userIdentity(userId, rolesOf(person)), sessionId }
    return { ...kind, identity, token: tokenFor(identity) }
  }
  const roles = rolesOf(person)
  if (scopes.length === 0) {
    const identity = keyIdentity({ keyId: newId(), userId, token: '' }, { scopes, roles })
    return { ...kind, identity, token: tokenFor(identity) }
  }
  const key = await giveKey(database, { userId, scopes })
  return { ...kind, identity: keyIdentity(key, { scopes, roles }), token: key.token }
}

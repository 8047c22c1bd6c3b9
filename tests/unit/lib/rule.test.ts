import { describe, expect, test } from 'bun:test'
import { ANONYMOUS, type Identity, OPERATOR } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { reachOf, requireReach, type Rule } from '#lib/rule.ts'
import { callBy } from '../../support/databases.ts'
import { aUser, anAdmin } from '../../support/identities.ts'

const RULE: Rule = {
  action: 'things.change',
  scope: 'tasks:write',
  roles: ['admin'],
  relations: ['owner'],
  says: 'Change a thing',
}

const reach = (identity: Identity, rule: Partial<Rule> = {}) =>
  reachOf(callBy(identity).caller, { ...RULE, ...rule })

describe('reach', () => {
  test('is none for whoever is anonymous, whatever the rule gives to everybody', () => {
    expect(reach(ANONYMOUS, { relations: ['anyone'] })).toBeUndefined()
    expect(reach({ ...ANONYMOUS, roles: ['admin'] })).toBeUndefined()
  })

  test('is any for a role, and the user’s own by relation for the others', () => {
    expect(reach(anAdmin())).toBe('any')
    const user = aUser()
    expect(reach(user)).toEqual({ userId: user.userId, relations: ['owner'] })
    expect(reach(user, { relations: [] })).toBeUndefined()
  })

  test('of a key is its user’s, and none without the scope', () => {
    const userId = newId()
    const key = aUser({ kind: 'key', userId, scopes: ['tasks:write'] })
    expect(reach(key)).toEqual({ userId, relations: ['owner'] })
    expect(reach({ ...key, scopes: ['tasks:read'] })).toBeUndefined()
    expect(reach({ ...key, scopes: [], roles: ['admin'] })).toBeUndefined()
    expect(reach(key, { scope: null })).toBeUndefined()
  })

  test('of the command line comes by its role alone: it stands to nothing', () => {
    expect(reach(OPERATOR)).toBe('any')
    expect(reach(OPERATOR, { roles: [], relations: ['anyone', 'self'] })).toBeUndefined()
  })

  test('that is none is forbidden', () => {
    expect(() => requireReach(callBy(ANONYMOUS).caller, RULE)).toThrow('You may not do this')
  })
})

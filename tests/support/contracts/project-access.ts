// Who may do what with projects and members, written out by hand: the policy says the same as data, and
// a mistake in the one shows in the other. Every test makes its own people, projects and rows.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import type { Call } from '#lib/call.ts'
import type { Projects } from '#features/projects/index.ts'
import { asAnonymous, asInternal, asKey, asOperator, asUser } from '../callers.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { rejection } from '../eventually.ts'
import { createPlaces, memberOf, type Place } from '../project-places.ts'
import type { ProjectsUnderTest } from './projects.ts'

type Outcome = 'done' | 'forbidden' | 'project_not_found'

const KINDS = {
  owner: (of: Place) => asUser(of.owner),
  editor: (of: Place) => asUser(of.editor),
  viewer: (of: Place) => asUser(of.viewer),
  'somebody else': (of: Place) => asUser(of.stranger),
  'the creator, who has left': (of: Place) => asUser(of.creator),
  'an auditor': (of: Place) => asUser(of.stranger, ['auditor']),
  'an administrator': (of: Place) => asUser(of.stranger, ['admin']),
  'the command line': () => asOperator(),
  'Zerg itself': () => asInternal(),
  nobody: () => asAnonymous(),
  'a key of the owner that reads': (of: Place) => asKey(of.owner, ['projects:read']),
  'a key of the owner that writes': (of: Place) => asKey(of.owner, ['projects:write']),
  'a key of the owner for other things': (of: Place) => asKey(of.owner, ['tasks:write']),
  'a key of the owner for nothing': (of: Place) => asKey(of.owner, []),
  'a key of the viewer that writes': (of: Place) => asKey(of.viewer, ['projects:write']),
  'a key of somebody else': (of: Place) => asKey(of.stranger, ['projects:read', 'projects:write']),
  'a key of an administrator that reads': (of: Place) =>
    asKey(of.stranger, ['projects:read'], ['admin']),
} as const

type Kind = keyof typeof KINDS

const ACTIONS = {
  read: (projects, call, of) => projects.get(call, of.id),
  'list members': (projects, call, of) => projects.members.list(call, of.id, {}),
  'read a member': (projects, call, of) => projects.members.get(call, memberOf(of)),
  change: (projects, call, of) => projects.change(call, of.id, { status: 'archived' }),
  'change nothing': (projects, call, of) => projects.change(call, of.id, {}),
  replace: (projects, call, of) => projects.replace(call, of.id, { name: `R ${newId()}` }),
  'add a member': (projects, call, of) =>
    projects.members.put(call, { projectId: of.id, userId: of.stranger }, { role: 'viewer' }),
  'change a member': (projects, call, of) =>
    projects.members.put(call, memberOf(of), { role: 'editor' }),
  'remove a member': (projects, call, of) => projects.members.remove(call, memberOf(of)),
  remove: (projects, call, of) => projects.remove(call, of.id, {}),
  'remove with its tasks': (projects, call, of) =>
    projects.remove(call, of.id, { tasks: 'delete' }),
} as const satisfies Record<string, (projects: Projects, call: Call, of: Place) => Promise<unknown>>

type Action = keyof typeof ACTIONS

const READS: readonly Action[] = ['read', 'list members', 'read a member']
const CHANGES: readonly Action[] = ['change', 'change nothing', 'replace']
const ALL = Object.keys(ACTIONS) as Action[]

// What each may do, and what everything else answers.
const MAY: Record<Kind, { may: readonly Action[]; else: Outcome }> = {
  owner: { may: ALL, else: 'forbidden' },
  editor: { may: [...READS, ...CHANGES], else: 'forbidden' },
  viewer: { may: READS, else: 'forbidden' },
  'somebody else': { may: [], else: 'project_not_found' },
  'the creator, who has left': { may: [], else: 'project_not_found' },
  'an auditor': { may: READS, else: 'forbidden' },
  'an administrator': { may: ALL, else: 'forbidden' },
  'the command line': { may: ALL, else: 'forbidden' },
  'Zerg itself': { may: ALL, else: 'forbidden' },
  nobody: { may: [], else: 'forbidden' },
  'a key of the owner that reads': { may: READS, else: 'forbidden' },
  'a key of the owner that writes': {
    may: ALL.filter(action => !READS.includes(action)),
    else: 'forbidden',
  },
  'a key of the owner for other things': { may: [], else: 'forbidden' },
  'a key of the owner for nothing': { may: [], else: 'forbidden' },
  // It sees what it may change, which is nothing; what it asks to read is refused before.
  'a key of the viewer that writes': { may: [], else: 'project_not_found' },
  'a key of somebody else': { may: [], else: 'project_not_found' },
  'a key of an administrator that reads': { may: READS, else: 'forbidden' },
}

/** Declares the suite. */
export function projectAccessContract(name: string, open: () => Promise<ProjectsUnderTest>): void {
  describe(name, () => {
    let under: ProjectsUnderTest
    let projects: Projects
    beforeAll(async () => {
      under = await open()
      projects = under.projects
    }, 60_000)
    afterAll(async () => await under?.close())

    const { place, person, entriesOf } = createPlaces(() => under)

    const kinds = Object.keys(KINDS) as Kind[]
    test.each(kinds)('%s may do what they may, and nothing else', async kind => {
      const { may, else: otherwise } = MAY[kind]
      // A key that may only write is told at once that it may not read.
      const refusals: readonly string[] = kind.includes('that writes')
        ? ['forbidden', otherwise]
        : [otherwise]
      let of = await place()
      for (const action of ALL) {
        const call = KINDS[kind](of)
        const [before, entries] = [await read(of.id), await entriesOf(of.id)]
        if (may.includes(action)) {
          await ACTIONS[action](projects, call, of)
          of = await place()
          continue
        }
        const refusal = await rejection(ACTIONS[action](projects, call, of))
        expect([action, refusals.includes(codeOf(refusal)), codeOf(refusal)]).toEqual([
          action,
          true,
          codeOf(refusal),
        ])
        // Nothing was changed, and no entry says that something was.
        expect([action, await read(of.id), await entriesOf(of.id)]).toEqual([
          action,
          before,
          entries,
        ])
      }
    })

    const read = async (id: string) => {
      const admin = asUser(newId(), ['admin'])
      return {
        project: await projects.get(admin, id),
        members: await projects.members.list(admin, id, {}),
      }
    }

    test.each([
      ['a user', (id: string) => asUser(id)],
      ['an auditor', (id: string) => asUser(id, ['auditor'])],
      ['a key that writes', (id: string) => asKey(id, ['projects:write'])],
    ])('%s creates a project and owns it, as the user that they are', async (_, as) => {
      const id = await person()
      const project = await projects.create(as(id), { name: 'Own' })
      expect(project.owner_id).toBe(id)
      const { data } = await projects.members.list(asUser(id), project.id, {})
      expect(data).toMatchObject([{ user_id: id, role: 'owner' }])
    })

    test.each([
      ['nobody', () => asAnonymous()],
      ['the command line, which is no user,', () => asOperator()],
      ['Zerg itself', () => asInternal()],
      ['a key that only reads', () => asKey(newId(), ['projects:read'])],
    ])('%s creates none', async (_, as) => {
      expect(await rejection(projects.create(as(), { name: 'x' }))).toMatchObject({
        code: 'forbidden',
      })
    })
  })
}

// docs/permissions.md: who may do what, from the rules that services ask and that routes and methods
// name.

import { ROLES, type Role } from '#lib/caller.ts'
import type { Relation, Rule } from '#lib/rule.ts'
import { documentedRoutes, documentedServices } from '../../src/document.ts'
import { type Doorway, doorwaysOf, OPEN, SIGNED_IN } from '../../src/doorways.ts'
import { type Chapter, permissions } from '../../src/permissions.ts'

export function permissionsPage(): string {
  const doorways = doorwaysOf(documentedRoutes(), documentedServices())
  const named = (rule: Doorway['rule']) =>
    doorways.filter(doorway => doorway.rule === rule).map(({ name }) => name)
  const alone = named(SIGNED_IN)
  return [
    INTRODUCTION,
    ...permissions.map(chapter => chapterOf(chapter, doorways)),
    '## What answers everybody',
    'These ask nobody who they are, and so does `OPTIONS` on every path; nothing else does. A path that is not there says so only to those who are signed in.',
    listOf(named(OPEN)),
    ...(alone.length > 0 ? ['## What answers whoever is signed in', listOf(alone)] : []),
  ].join('\n\n')
}

function chapterOf({ title, rules, notes }: Chapter, doorways: readonly Doorway[]): string {
  const all = Object.values(rules)
  const roles = ROLES.filter(role => all.some(rule => rule.roles.includes(role))).toReversed()
  const relations = RELATIONS.filter(relation => all.some(rule => isOf(rule, relation)))
  const header = ['action', 'what it is', 'scope of a key', ...roles, ...relations.map(toWords)]
  const rows = all.map(rule => [
    `\`${rule.action}\``,
    rule.says,
    rule.scope === null ? 'no key may' : `\`${rule.scope}\``,
    ...roles.map(role => mark(isOfRole(rule, role))),
    ...relations.map(relation => mark(isOf(rule, relation))),
  ])
  const ways = all.map(rule => [`\`${rule.action}\``, ...waysTo(rule, doorways)])
  return [
    `## ${title}`,
    tableOf(header, rows),
    notes,
    tableOf(['action', 'HTTP', 'gRPC'], ways),
  ].join('\n\n')
}

const isOf = (rule: Rule, relation: Relation) => rule.relations.includes(relation)

// An administrator is a user, too.
const isOfRole = (rule: Rule, role: Role) => rule.roles.includes(role) || isOf(rule, 'anyone')

const mark = (holds: boolean) => (holds ? 'yes' : '')

function waysTo({ action }: Rule, doorways: readonly Doorway[]): string[] {
  return (['http', 'grpc'] as const).map(door =>
    doorways
      .filter(it => it.door === door && typeof it.rule !== 'string' && it.rule.action === action)
      .map(({ name }) => `\`${name}\``)
      .join('<br>'),
  )
}

const tableOf = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const listOf = (names: readonly string[]): string => names.map(name => `- \`${name}\``).join('\n')

const toWords = (relation: Relation): string => relation.replaceAll('_', ' ')

// In the order of the columns; the compiler sees to it that none is missing.
const RELATION_MEANINGS: Readonly<Record<Relation, string>> = {
  anyone: 'every user who is signed in; nothing is there yet that one could stand to',
  self: 'it is about the user themself, or is theirs alone',
  owner: 'the user has created it',
  assignee: 'the user is the one who is to do it',
  project_owner: 'the user is a member of the project, as an owner',
  project_editor: 'the user is a member of the project, as an editor',
  project_viewer: 'the user is a member of the project, as a viewer',
}

const RELATIONS = Object.keys(RELATION_MEANINGS) as Relation[]

const INTRODUCTION = `# Permissions

Generated from the \`policy.ts\` of every feature by \`npm run generate\`; do not edit. Services ask these rules,
routes and methods name them, and a server with a route that names none does not start. A test
(\`tests/integration/permissions\`) goes through every route, every method and every cell as each kind of
caller, on real rows, and compares what happens with what is said here.

**Who asks.** A *user* signs in and has roles. A *key* acts for its user: it may what its user may, and no
more than its scopes name. The *operator* is the command line beside the data, and may what an
administrator may, but is nobody whom anything could belong to. Whoever shows no token is *anonymous*.

**What gives a permission.** A role gives it with any row. Every other user has it with the rows that they
stand to as the relation says:

${tableOf(
  ['relation', 'means that'],
  RELATIONS.map(relation => [toWords(relation), RELATION_MEANINGS[relation]]),
)}

**What is answered otherwise.** Rows that one may not see are in no list, and asked for by their id they
are answered as if there were none: 404. What one may see but not do is 403 \`forbidden\`. A key without the
scope is refused before anything is looked at, 403 \`insufficient_scope\`, and whoever shows no token gets
401 \`authentication_required\`. A key that may change but not read sees no more than what it may change.
Over gRPC these are NOT_FOUND, PERMISSION_DENIED and UNAUTHENTICATED.`

// Rows that permissions are tried on, and the people who stand to them in every way there is.

import type { Role } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Relation } from '#lib/rule.ts'
import { newToken, hashToken, tokenPrefix } from '#lib/secret-token.ts'
import { entryIdOf, type EntryPlace } from '#platform/audit/entry-id.ts'
import type { Database } from '#platform/postgres/database.ts'

const PEOPLE = [
  'task_owner',
  'assignee',
  'project_owner',
  'project_editor',
  'project_viewer',
  /** A viewer, whom things are done to. */
  'member',
  'key_holder',
  'stranger',
  'auditor',
  'admin',
] as const

export type Person = (typeof PEOPLE)[number]

export type World = {
  people: Readonly<Record<Person, string>>
  project: string
  /** In the project. */
  task: string
  /** Of `key_holder`, who also stands for a user whom others manage. */
  key: string
  /** Of the audit log. */
  entry: string
  /** Everybody has one. */
  sessions: Readonly<Record<Person, string>>
}

/** Everybody's. */
export const PASSWORD = 'wide green rivers run slowly'

/** What something is done to. `self` is whoever asks. */
export type Subject = 'task' | 'project' | 'member' | 'key' | 'user' | 'self' | 'nothing'

const IN_PROJECT: Partial<Record<Person, readonly Relation[]>> = {
  project_owner: ['project_owner'],
  project_editor: ['project_editor'],
  project_viewer: ['project_viewer'],
  member: ['project_viewer'],
}

const RELATIONS: Readonly<Record<Subject, Partial<Record<Person, readonly Relation[]>>>> = {
  project: IN_PROJECT,
  task: { ...IN_PROJECT, task_owner: ['owner'], assignee: ['assignee'] },
  member: { ...IN_PROJECT, member: ['project_viewer', 'self'] },
  key: { key_holder: ['self'] },
  user: { key_holder: ['self'] },
  self: {},
  nothing: {},
}

/** How somebody stands to it; nobody asks as `undefined`. */
export function relationsOf(subject: Subject, person: Person | undefined): readonly Relation[] {
  if (person === undefined) return []
  const own: Relation[] = subject === 'self' ? ['anyone', 'self'] : ['anyone']
  return [...own, ...(RELATIONS[subject][person] ?? [])]
}

/** Whoever stands to it in some way, and those who stand to nothing. */
export const peopleAround = (subject: Subject): readonly Person[] =>
  PEOPLE.filter(
    person =>
      RELATIONS[subject][person] !== undefined || ['stranger', 'auditor', 'admin'].includes(person),
  )

export const rolesOf = (person: Person): readonly Role[] =>
  person === 'auditor' || person === 'admin' ? ['user', person] : ['user']

type On = Pick<Database, 'on'>

export async function makeWorld(database: On): Promise<World> {
  const people = eachWith(newId)
  const sessions = eachWith(newId)
  const [project, task, key] = [newId(), newId(), newId()]
  const users = PEOPLE.map(
    person =>
      `('${people[person]}', '${person}', '${people[person]}@zerg.test', '{${rolesOf(person).join(',')}}', '${PASSWORD_HASH}')`,
  )
  const members = Object.entries(IN_PROJECT).map(
    ([person, [relation]]) =>
      `('${project}', '${people[person as Person]}', '${relation?.replace('project_', '')}')`,
  )
  const begun = PEOPLE.map(
    person =>
      `('${sessions[person]}', '${people[person]}', '${sessions[person]}', '${sessions[person]}', now() + interval '1 day', now() + interval '1 day')`,
  )
  const token = newToken('key')
  await run(
    database,
    `begin;
     insert into users (id, name, email, roles, password_hash) values ${users.join(', ')};
     insert into projects (id, name, owner_id) values ('${project}', '${project}', '${people.project_owner}');
     insert into project_members (project_id, user_id, role) values ${members.join(', ')};
     insert into tasks (id, title, words, owner_id, assignee_id, project_id)
       values ('${task}', 'Walked', '{walked}', '${people.task_owner}', '${people.assignee}', '${project}');
     insert into api_keys (id, user_id, name, prefix, hash, scopes)
       values ('${key}', '${people.key_holder}', 'Walked', '${tokenPrefix(token)}',
         '\\x${hashToken(token).toString('hex')}', '{keys:write}');
     insert into sessions (id, user_id, family_hash, member_hash, expires_at, ends_at)
       values ${begun.join(', ')};
     commit`,
  )
  const [noted] = await database.on(AbortSignal.timeout(10_000)).run(
    sql => sql<EntryPlace[]>`
        insert into audit_entries (caller_kind, via, request_id, action, kind, subject_id)
        values ('internal', 'http', ${task}, 'tasks.create', 'task', ${task})
        returning (extract(epoch from at) * 1000)::bigint as "atMs", seq`,
  )
  return { people, sessions, project, task, key, entry: entryIdOf(noted!) }
}

const eachWith = (make: () => string) =>
  Object.fromEntries(PEOPLE.map(person => [person, make()])) as Record<Person, string>

// As cheap as there is: nobody attacks it.
const PASSWORD_HASH = Bun.password.hashSync(PASSWORD, {
  algorithm: 'argon2id',
  memoryCost: 1_024,
  timeCost: 1,
})

/** Few rows are compared sooner than many. */
export async function endWorlds(database: On): Promise<void> {
  await run(database, 'truncate users cascade')
}

// What is written about requests, and what changes by being used alone.
const OMITTED = /^(audit_|idempotency_|periodic_|process_runs|zerg_)/
const USED = ['last_used_at', 'last_login_at']

/**
 * A text that is another one once any row of the application has come, gone or changed. Versions of
 * rows are compared, which is quicker than what is in them; where use changes a row, its content.
 */
export async function createFingerprint(database: On): Promise<() => Promise<string>> {
  const tables = await run(
    database,
    `select tablename as name from pg_tables where schemaname = 'public' order by tablename`,
  )
  const used = await run(
    database,
    `select distinct table_name as name from information_schema.columns
     where table_schema = 'public' and column_name in ('${USED.join("', '")}')`,
  )
  const isUsed = new Set(used.map(({ name }) => name))
  const without = USED.map(column => `- '${column}'`).join(' ')
  const parts = tables
    .filter(({ name }) => !OMITTED.test(name))
    .map(({ name }) => {
      const row = isUsed.has(name) ? `(to_jsonb(t) ${without})::text` : `ctid::text || xmin::text`
      return `(select count(*) || ':' || coalesce(sum(hashtextextended(${row}, 0)), 0) from ${name} t)`
    })
  const text = `select concat_ws(' ', ${parts.join(', ')}) as name`
  return async () => (await run(database, text))[0]?.name ?? ''
}

const run = async (database: On, text: string) => {
  const rows = await database
    .on(AbortSignal.timeout(10_000))
    .run(sql => sql.unsafe<{ name: string }[]>(text))
  return [...rows]
}

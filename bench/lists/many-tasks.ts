// Very many tasks, quickly: for questions about plans and times that only size can answer.

import type { Runner } from '#platform/postgres/database.ts'

/** How many there are of what tasks refer to; each holds rare and common ones. */
const PROJECTS = 1_000
const USERS = 200
/** Every so many projects, large ones and small ones, have the member who has 200 of them. */
const PROJECTS_APART = 5
const MEMBERS_EACH = 10

/**
 * Fills an empty, migrated database. What lists ask about is spread as it may be in use: most tasks
 * are done, few are urgent, half have a due date, some projects are large and most are small.
 */
export async function insertManyTasks(on: Runner, count: number): Promise<void> {
  const indexes = await dropIndexes(on)
  for (const statement of statements(count)) await on.run(sql => sql.unsafe(statement))
  // An index is built in a fraction of the time that it takes to fill it row by row.
  for (const definition of indexes) await on.run(sql => sql.unsafe(definition))
  for (const table of ['users', 'projects', 'project_members', 'tasks', 'task_words'])
    await on.run(sql => sql.unsafe(`vacuum analyze ${table}`))
}

async function dropIndexes(on: Runner): Promise<string[]> {
  const indexes = await on.run(
    sql => sql<{ indexname: string; indexdef: string }[]>`
      select indexname, indexdef from pg_indexes
      where tablename = 'tasks' and schemaname = 'public' and indexname not like '%pkey'`,
  )
  for (const { indexname } of indexes)
    await on.run(sql => sql.unsafe(`drop index public.${indexname}`))
  return indexes.map(({ indexdef }) => indexdef)
}

const uuid = (kind: string, n: string) =>
  `('${kind}-0000-7000-8000-' || lpad(to_hex((${n})::bigint), 12, '0'))::uuid`

export const userId = (n: number): string => idOf('0000000a', n)
/** A member of 200 projects, who has tasks beside those, as owner and as assignee. */
export const MEMBER = userId(1)

export const projectId = (n: number): string => idOf('0000000b', n)

function idOf(kind: string, n: number): string {
  return `${kind}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

// Numbers that look like chance and are the same every time.
const spread = (n: string, seed: number, below: number | string) =>
  `((${n}::bigint * ${seed} + 12345) % 1000003 % ${below})`

// Squared, so that the first few get most.
const skewed = (n: string, seed: number, count: number) =>
  `floor(power(${spread(n, seed, 10_000)} / 10000.0, 3) * ${count})::int`

// In order, and never the same twice in a title, so that nothing has to be sorted.
const wordOf = (beginning: string, place: number) =>
  `'${beginning}' || to_hex(${skewed(`(n * 5 + ${place})`, 27_644, 20_000)})`

const statements = (count: number): string[] => [
  `insert into users (id, name)
   select ${uuid('0000000a', 'n')}, 'User ' || n from generate_series(0, ${USERS - 1}) n`,
  `insert into projects (id, name, owner_id, status, created_at)
   select ${uuid('0000000b', 'n')}, 'Project ' || n, ${uuid('0000000a', `n % ${USERS}`)},
     case when n % 10 = 0 then 'archived' else 'active' end, now() - n * interval '1 hour'
   from generate_series(0, ${PROJECTS - 1}) n`,
  // The user with 200 projects has no others, and all others have some fifty each.
  `insert into project_members (project_id, user_id, role)
   select ${uuid('0000000b', 'n')}, ${uuid('0000000a', `2 + (n * 7 + m * 19) % ${USERS - 2}`)},
     case m when 0 then 'owner' when 1 then 'editor' else 'viewer' end
   from generate_series(0, ${PROJECTS - 1}) n, generate_series(0, ${MEMBERS_EACH - 1}) m
   union all
   select ${uuid('0000000b', 'n')}, ${uuid('0000000a', '1')}, 'viewer'
   from generate_series(0, ${PROJECTS - 1}, ${PROJECTS_APART}) n`,
  'alter table tasks disable trigger all',
  `insert into tasks (id, title, status, priority, completed_at, project_id, assignee_id, due_date,
     owner_id, created_at, updated_at, words)
   select ${uuid('0000000c', 'n')}, array_to_string(words, ' '), status, priority,
     case when status = 'done' then now() end,
     case when n % 4 > 0 then ${uuid('0000000b', skewed('n', 7919, PROJECTS))} end,
     case when n % 3 > 0 then ${uuid('0000000a', skewed('n', 104_729, USERS))} end,
     case when n % 2 = 0 then timestamptz '2026-01-01' + ${spread('n', 31_337, 525_600)} * interval '1 minute' end,
     ${uuid('0000000a', skewed('n', 611_953, USERS))},
     timestamptz '2026-01-01' + n * interval '1 second',
     timestamptz '2026-06-01' + ${spread('n', 15_485_863, 1_000_003)} * interval '1 second',
     words
   from (
     select n,
       case when n % 10 < 7 then 'done' when n % 10 < 9 then 'todo' else 'in_progress' end status,
       case when n % 100 = 7 then 'urgent' when n % 10 = 3 then 'high'
         when n % 10 < 5 then 'medium' else 'low' end priority,
       array[${['wa', 'wb', 'wc', 'wd'].map(wordOf).join(', ')}] words
     from generate_series(1, ${count}) n
   ) made`,
  'alter table tasks enable trigger all',
  'alter table task_words drop constraint task_words_pkey',
  'insert into task_words select unnest(words), id from tasks',
  'alter table task_words add constraint task_words_pkey primary key (word, task_id)',
]

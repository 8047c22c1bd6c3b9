// Whether a list takes as long among a million tasks as among a thousand: each is asked for in turn
// on two databases that differ in nothing else. `bun bench/lists/run.ts [--json]`, about five minutes.

import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import postgres from 'postgres'
import { systemClock } from '#lib/clock.ts'
import type { Call } from '#lib/call.ts'
import { type Identity, callerOf } from '#lib/caller.ts'
import type { Tasks } from '#features/tasks/index.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { openDatabase } from '#platform/postgres/client.ts'
import { createDatabase } from '../../tests/support/postgres.ts'
import { insertManyTasks, MEMBER, projectId, userId } from './many-tasks.ts'
import { openTestTasks } from '../../tests/support/tasks.ts'

export type ListFigure = {
  subject: string
  smallMs: number
  largeMs: number
  ratio: number
  bar: number
}

type Query = Parameters<Tasks['list']>[1]

export const SMALL = 1_000
export const LARGE = 1_000_000
const BAR = 1.2

const USER_WITH_200_PROJECTS: Identity = {
  kind: 'user',
  id: MEMBER,
  userId: MEMBER,
  roles: ['user'],
  scopes: 'all',
  sessionId: null,
}

const ADMINISTRATOR: Identity = {
  ...USER_WITH_200_PROJECTS,
  id: userId(2),
  userId: userId(2),
  roles: ['admin'],
}

type Subject = { subject: string; query: Query; by: Identity }

const PAGE = 50

// Each has a full page among a thousand tasks as well.
const BY_ADMINISTRATORS: readonly (readonly [string, Query])[] = [
  ['the newest', {}],
  ['the oldest', { sort: 'created_at' }],
  ['last changed', { sort: '-updated_at' }],
  ['due first', { sort: 'due_date' }],
  ['due last', { sort: '-due_date' }],
  ['by status', { status: 'done' }],
  ['not done, due first', { completed: false, sort: 'due_date' }],
  ['by priority, last changed', { priority: 'low', sort: '-updated_at' }],
  ['of a project', { project_id: projectId(0) }],
  ['of an assignee, due first', { assignee_id: userId(0), sort: 'due_date' }],
  ['of an owner', { owner_id: userId(0) }],
  ['searched for', { q: 'wa' }],
]

// The same by somebody who may see a quarter of all: of one's own there are fewer.
const BY_A_MEMBER: readonly (readonly [string, Query])[] = [
  ...BY_ADMINISTRATORS.filter(([, { owner_id, assignee_id }]) => !(owner_id ?? assignee_id)),
  ['of an assignee, due first', { assignee_id: userId(0), sort: 'due_date', limit: 10 }],
  ['of an owner', { owner_id: userId(0), limit: 10 }],
  ['their own', { owner_id: MEMBER, limit: 10 }],
]

const SUBJECTS: readonly Subject[] = [
  ...BY_ADMINISTRATORS.map(([subject, query]) => ({ subject, query, by: ADMINISTRATOR })),
  ...BY_A_MEMBER.map(([subject, query]) => ({
    subject: `${subject}, by a user with 200 projects`,
    query,
    by: USER_WITH_200_PROJECTS,
  })),
]

/** Medians of so many rounds. */
export async function measureLists({ rounds = 300 } = {}): Promise<ListFigure[]> {
  const small = await open(SMALL)
  const large = await open(LARGE)
  try {
    const figures: ListFigure[] = []
    for (const subject of SUBJECTS) figures.push(await compare(subject, rounds))
    return figures
  } finally {
    await small.close()
    await large.close()
  }

  async function compare({ subject, ...asked }: Subject, rounds: number): Promise<ListFigure> {
    const [smallTimes, largeTimes]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      smallTimes.push(await timeOf(small.tasks, asked))
      largeTimes.push(await timeOf(large.tasks, asked))
    }
    // The first sixth warms plans and caches of both.
    const [smallMs, largeMs] = [smallTimes, largeTimes].map(times =>
      median(times.slice(Math.ceil(rounds / 6))),
    ) as [number, number]
    return { subject, smallMs, largeMs, ratio: largeMs / smallMs, bar: BAR }
  }
}

async function timeOf(tasks: Tasks, { query, by }: Omit<Subject, 'subject'>): Promise<number> {
  const startedMs = performance.now()
  const { data } = await tasks.list(callOf(by), query)
  const tookMs = performance.now() - startedMs
  const wanted = query.limit ?? PAGE
  if (data.length !== wanted)
    throw new Error(`A page has ${data.length} tasks instead of ${wanted}.`)
  return tookMs
}

async function open(count: number) {
  process.stderr.write(`lists: filling a database with ${count} tasks\n`)
  const made = await createDatabase({ version: '18' })
  await fill(made.url, count)
  const database = await openDatabase({
    source: { url: made.url },
    settings: {
      poolMax: 1,
      acquireTimeoutMs: 5_000,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 10_000,
      lockTimeoutMs: 5_000,
      idleInTransactionTimeoutMs: 5_000,
      pooler: 'none',
      tls: 'disable',
      tlsCa: undefined,
    },
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    clock: systemClock,
    waitMs: 5_000,
    signal: AbortSignal.timeout(10_000),
  })
  const close = async () => {
    await database.close(1_000)
    await made.drop()
  }
  return { tasks: openTestTasks(database), close }
}

async function fill(url: string, count: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await insertManyTasks({ run: async statement => await statement(sql) }, count)
  await sql.end()
}

const callOf = (identity: Identity): Call => ({
  caller: callerOf(identity, { via: 'http', address: null, requestId: 'bench', traceId: null }),
  signal: new AbortController().signal,
  deadlineAtMs: Number.POSITIVE_INFINITY,
})

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measureLists()
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  else
    for (const { subject, smallMs, largeMs, ratio, bar } of figures)
      process.stdout.write(
        `${subject}: ${largeMs.toFixed(2)} ms among ${LARGE}, ${smallMs.toFixed(2)} ms among ${SMALL}, ratio ${ratio.toFixed(2)} (bar ${bar})\n`,
      )
  process.exit(figures.some(({ ratio, bar }) => ratio > bar) ? 1 : 0)
}

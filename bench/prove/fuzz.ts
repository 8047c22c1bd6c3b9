// Generated messages against the gRPC port of the executable, as every kind of caller.

import postgres from 'postgres'
import type { Identity } from '#lib/caller.ts'
import { idToBytes, newId } from '#lib/id.ts'
import { type FuzzReport, runGrpcFuzz } from '../lab/fuzz/grpc-fuzz.ts'
import { labTokens } from '../lab/internal-tokens.ts'
import { startZerg } from '../lab/zerg.ts'
import { say, type Section } from './section.ts'

// A token is good for half a minute, so that longer runs are several.
const RUN_MESSAGES = 10_000

type Plan = { databaseUrl: string; messages: number }

export async function proveFuzz({ databaseUrl, messages }: Plan): Promise<Section> {
  const zerg = await startZerg({ env: { DATABASE_URL: databaseUrl, ZERG_LIMITS: 'false' } })
  const rows = await insertRows(databaseUrl)
  const reports: FuzzReport[] = []
  for (let seed = 1; seed <= Math.ceil(messages / RUN_MESSAGES); seed++) {
    const report = await runGrpcFuzz({
      address: zerg.grpc,
      messages: RUN_MESSAGES,
      seed,
      callers: { ...(await callersOf(rows)), 'administrator’s key': zerg.key },
      pool: { ids: Object.values(rows).map(idToBytes), texts: ['WzEsIi1jcmVhdGVkX2F0Il0'] },
    })
    reports.push(report)
    say(`fuzz, seed ${seed}: ${report.broken.length} of ${report.sent} broken`)
    for (const broken of report.broken) say(broken)
  }
  const ended = await zerg.stop()
  const sent = reports.reduce((sum, report) => sum + report.sent, 0)
  const broken = reports.flatMap(report => report.broken)
  return {
    title: 'Generated messages over gRPC',
    text: `Messages made from the descriptors (usual values, edges, and bytes that were cut, flipped, doubled or put together wrongly) to every method under both names, as a stranger, a user, an auditor, an administrator, keys with and without scopes, and with nonsense for a token. Answered: ${statusesOf(reports)}.`,
    findings: [
      {
        what: 'answers to generated gRPC messages that nobody has promised (INTERNAL, UNKNOWN, or without a code of ours)',
        bar: '0',
        measured: `${broken.length} of ${sent.toLocaleString('en')}`,
        held: broken.length === 0 && ended.code === 0,
      },
    ],
  }
}

type Rows = { user: string; other: string; project: string; task: string; othersTask: string }

async function insertRows(databaseUrl: string): Promise<Rows> {
  const rows = {
    user: newId(),
    other: newId(),
    project: newId(),
    task: newId(),
    othersTask: newId(),
  }
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql`insert into users (id, name) values (${rows.user}, 'One'), (${rows.other}, 'Other')`
  await sql`insert into projects (id, name, owner_id) values (${rows.project}, 'Of one', ${rows.user})`
  await sql`
    insert into tasks (id, title, owner_id, words)
    values (${rows.task}, 'Of one', ${rows.user}, '{of,one}'),
      (${rows.othersTask}, 'Of the other', ${rows.other}, '{of,the,other}')`
  await sql.end()
  return rows
}

async function callersOf({ user, other }: Rows) {
  const of = (given: Partial<Identity>): Promise<string> | string =>
    labTokens.sign({
      kind: 'user',
      id: user,
      userId: user,
      roles: ['user'],
      scopes: 'all',
      sessionId: null,
      ...given,
    })
  return {
    stranger: undefined,
    nonsense: 'nonsense',
    user: await of({}),
    other: await of({ id: other, userId: other }),
    admin: await of({ roles: ['user', 'admin'] }),
    auditor: await of({ roles: ['user', 'auditor'] }),
    'key that reads': await of({ kind: 'key', scopes: ['tasks:read'] }),
    'key that writes': await of({ kind: 'key', scopes: ['tasks:write'] }),
    'key of nothing': await of({ kind: 'key', scopes: [] }),
  }
}

function statusesOf(reports: readonly FuzzReport[]): string {
  const total: Record<string, number> = {}
  for (const { statuses } of reports)
    for (const [status, count] of Object.entries(statuses))
      total[status] = (total[status] ?? 0) + count
  return Object.entries(total)
    .toSorted(([, a], [, b]) => b - a)
    .map(([status, count]) => `${status} ${count.toLocaleString('en')}`)
    .join(', ')
}

// Requests lost at SIGTERM: every cell of the promise, many runs, on the compiled executable.

import postgres from 'postgres'
import {
  type Cell,
  describeCell,
  isFlawless,
  runShutdownTrial,
  type Trial,
} from '../lab/shutdown-trial.ts'
import { adminKeyOf, authorization } from '../lab/credentials.ts'
import { freePort } from '../lab/spawn-zerg.ts'
import { ZERG } from '../lab/zerg.ts'
import { emptyTasks } from './rows.ts'
import { range, say, type Section } from './section.ts'

const CELLS: readonly Cell[] = [64, 256].flatMap(connections =>
  [0, 500].flatMap(pauseMaxMs =>
    (['GET', 'POST'] as const).map(method => ({
      connections,
      pauseMaxMs,
      method,
      host: '127.0.0.1' as const,
      user: 'nobody' as const,
    })),
  ),
)

// The same on the other kinds of address, and with rights, where the kernel offers another way.
const VARIANTS: readonly Cell[] = [
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: '127.0.0.1', user: 'root' },
  { connections: 256, pauseMaxMs: 500, method: 'POST', host: '127.0.0.1', user: 'root' },
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: '::1', user: 'nobody' },
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: 'dual', user: 'nobody' },
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: 'dual', user: 'root' },
]

type Options = { databaseUrl: string; runs: number; variantRuns: number }

export async function proveDrain({ databaseUrl, runs, variantRuns }: Options): Promise<Section> {
  const isRoot = process.getuid?.() === 0
  const cells = isRoot ? CELLS : CELLS.map(cell => ({ ...cell, user: 'root' as const }))
  const rows = []
  for (const cell of cells) rows.push(await proveCell(cell, { databaseUrl, runs }))
  if (isRoot)
    for (const cell of VARIANTS)
      rows.push(await proveCell(cell, { databaseUrl, runs: variantRuns }))
  const trials = rows.flatMap(row => row.trials)
  const sum = (of: (trial: Trial) => number) => trials.reduce((all, trial) => all + of(trial), 0)
  const lost = sum(({ clients }) => clients.lost)
  const errors = sum(({ clients }) => clients.server_errors)
  const missing = sum(({ ledger }) => (ledger ? ledger.missing.length + ledger.doubled.length : 0))
  return {
    title: 'Requests lost at SIGTERM',
    text:
      'Raw sockets that never re-send; after `Connection: close` a client reconnects to the same instance at once, until it is refused. A request is lost when it was written and EOF or a reset came before its whole answer. Every acknowledged POST is looked up in PostgreSQL afterwards. The server runs as an ordinary user without rights unless the row says root.\n\n' +
      '| cell | runs | answered | lost | 5xx | acknowledged, not kept or doubled | SIGTERM to exit, ms | exit codes |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n' +
      rows.map(tableRow).join('\n'),
    findings: [
      {
        what: `requests lost at SIGTERM, ${trials.length} runs`,
        bar: '0 lost, 0 answered 5xx',
        measured: `${lost} lost, ${errors} answered 5xx of ${sum(it => it.clients.answered).toLocaleString('en')}`,
        held: lost === 0 && errors === 0 && trials.every(isFlawless),
      },
      {
        what: 'acknowledged POSTs in the database',
        bar: 'every one, once',
        measured: `${missing} missing or doubled of ${sum(({ cell, clients }) => (cell.method === 'POST' ? clients.answered : 0)).toLocaleString('en')}`,
        held: missing === 0,
      },
    ],
  }
}

type Row = { cell: Cell; trials: readonly Trial[] }

async function proveCell(cell: Cell, how: { databaseUrl: string; runs: number }): Promise<Row> {
  const trials: Trial[] = []
  for (let run = 0; run < how.runs; run++) {
    const trial = await runShutdownTrial(await target(how.databaseUrl), cell, { loadMs: 1_000 })
    trials.push(trial)
    if (!isFlawless(trial)) say(`NOT FLAWLESS: ${JSON.stringify({ ...trial, report: undefined })}`)
  }
  const lost = trials.reduce((sum, { clients }) => sum + clients.lost, 0)
  say(`${describeCell(cell)}: ${lost} lost in ${trials.length} runs`)
  return { cell, trials }
}

const tableRow = ({ cell, trials }: Row) => {
  const sum = (of: (trial: Trial) => number) => trials.reduce((all, trial) => all + of(trial), 0)
  const kept = trials.every(({ ledger }) => ledger === undefined)
    ? '–'
    : sum(({ ledger }) => (ledger ? ledger.missing.length + ledger.doubled.length : 0))
  const codes = [...new Set(trials.map(({ ended }) => String(ended.code ?? ended.signal)))].join(
    ', ',
  )
  return `| ${describeCell(cell)} | ${trials.length} | ${sum(it => it.clients.answered).toLocaleString('en')} | ${sum(it => it.clients.lost)} | ${sum(it => it.clients.server_errors)} | ${kept} | ${range(trials.map(it => it.stoppedAfterMs))} | ${codes} |`
}

/** Zerg on this database, with a table that holds what one run makes and no more. */
export async function target(databaseUrl: string) {
  await emptyTasks(databaseUrl)
  const [opsPort, grpcPort] = [await freePort(), await freePort()]
  return {
    command: [ZERG, 'serve'],
    env: (port: number, host: string) => ({
      DATABASE_URL: databaseUrl,
      HOST: host,
      PORT: String(port),
      ZERG_OPS_PORT: String(opsPort),
      ZERG_GRPC_PORT: String(grpcPort),
    }),
    headers: authorization(await adminKeyOf(databaseUrl)),
    paths: { GET: '/api/v1/tasks?limit=1', POST: '/api/v1/tasks' },
    kept: async () => {
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
      const rows = await sql<{ title: string }[]>`select title from tasks`
      await sql.end()
      return rows.map(({ title }) => title)
    },
  }
}

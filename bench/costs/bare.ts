// The bare server that costs are compared with: Bun.serve and postgres.js, the same SQL and the same
// body bytes as Zerg's GET of one task and list of 50, and nothing else. Run by run.ts.

import postgres from 'postgres'
import { COLUMNS } from '#features/tasks/conditions.ts'
import { listStatement } from '#features/tasks/listing.ts'

type Row = Record<string, string | number | boolean | null>

const [url, poolMax] = process.argv.slice(2) as [string, string]

const sql = postgres(url, {
  max: Number(poolMax),
  connection: { TimeZone: 'UTC' },
  onnotice: () => {},
  types: {
    // As Zerg does: times stay text, so that no Date is made for each row.
    time: { to: 1184, from: [1184], serialize: String, parse: toRfc3339 },
  },
})

const PREPARED = { prepare: true }
const FIND = `select ${COLUMNS} from tasks where id = $1`
const LIST = listStatement({
  reach: 'any',
  filter: {},
  sort: { column: 'created_at', descending: true },
  after: undefined,
  limit: 51,
  offset: 0,
})!
// As long as a real one.
const CURSOR = 'x'.repeat(111)

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  reusePort: false,
  fetch: async request => {
    const path = new URL(request.url).pathname
    return path === '/api/v1/tasks' ? await list() : await get(path.slice('/api/v1/tasks/'.length))
  },
})
process.stdout.write(`${server.port}\n`)

async function get(id: string) {
  const rows = await sql.unsafe<Row[]>(FIND, [id], PREPARED)
  return Response.json(toTask(rows[0]!))
}

async function list() {
  const rows = await sql.unsafe<Row[]>(LIST.text, LIST.values, PREPARED)
  const data = rows.slice(0, 50).map(toTask)
  return Response.json({ data, next_cursor: rows.length > 50 ? CURSOR : null })
}

function toTask(row: Row) {
  return {
    id: row['id'],
    title: row['title'],
    description: row['description'],
    status: row['status'],
    priority: row['priority'],
    completed: row['completed'],
    completed_at: row['completed_at'],
    project_id: row['project_id'],
    assignee_id: row['assignee_id'],
    due_date: row['due_date'],
    owner_id: row['owner_id'],
    version: row['version'],
    created_at: row['created_at'],
    updated_at: row['updated_at'],
  }
}

function toRfc3339(text: string) {
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19, -3) || '.').padEnd(4, '0').slice(0, 4)}Z`
}

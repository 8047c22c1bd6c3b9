// What the audit log costs whoever writes: CPU time of Zerg and of PostgreSQL together for a task that
// is created or changed, with its entry and without, both at the same time: the machine's mood hits
// both alike. Sealing is part of it.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { type PostgresServer, startPostgres } from '../../tests/support/postgres.ts'
import { createMigrator } from '#platform/postgres/migrate/migrator.ts'
import { adminKeyOf } from '../lab/credentials.ts'
import { freePort, spawnZerg } from '../lab/spawn-zerg.ts'
import { SECRET } from '../lab/zerg.ts'
import { exactCpuUs, median } from './cpu.ts'

type Subject = 'create a task' | 'change a task'

export type AuditFigure = {
  subject: Subject
  ratio: number
  ratios: readonly number[]
  with: Share
  without: Share
  bar: number
}

/** Microseconds of CPU for each change. */
type Share = { zergUs: number; postgresUs: number }

type Measured = { zergUs: number; postgresUs: number; us: number; errors: number }
type Writer = Awaited<ReturnType<typeof openWriter>>

const BAR = 1.25
const TASKS = 200
const SUBJECTS: readonly Subject[] = ['create a task', 'change a task']

export async function measureAudit({ rounds, seconds }: { rounds: number; seconds: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-audit-cost-'))
  const audited = await openWriter(true)
  const bare = await openWriter(false)
  try {
    const figures: AuditFigure[] = []
    for (const subject of SUBJECTS) figures.push(await compare(subject))
    await requireWorth()
    return figures
  } finally {
    await Promise.all([audited.close(), bare.close()])
    rmSync(folder, { recursive: true, force: true })
  }

  async function compare(subject: Subject): Promise<AuditFigure> {
    // Warm: compilers, caches, plans.
    await both(subject, 5)
    const [withs, withouts]: [Measured[], Measured[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`audit: ${subject}, round ${round + 1} of ${rounds}\n`)
      const [one, other] = await both(subject, seconds)
      withs.push(one)
      withouts.push(other)
    }
    const errors = [...withs, ...withouts].reduce((sum, it) => sum + it.errors, 0)
    if (errors > 0) throw new Error(`${errors} changes were refused, so the figures mean nothing.`)
    const ratios = withs.map(({ us }, round) => us / withouts[round]!.us)
    return {
      subject,
      ratio: median(ratios),
      ratios,
      with: shareOf(withs),
      without: shareOf(withouts),
      bar: BAR,
    }
  }

  function both(subject: Subject, seconds: number) {
    const each = (writer: Writer) => costOf(writer, subject, seconds)
    return Promise.all([each(audited), each(bare)])
  }

  async function costOf(writer: Writer, subject: Subject, seconds: number): Promise<Measured> {
    const script = join(folder, `${writer.name}-${subject.split(' ')[0]}.lua`)
    writeFileSync(script, subject === 'create a task' ? createScript(writer) : changeScript(writer))
    const before = writer.cpuUs()
    const load = ['wrk', '-t1', '-c8', `-d${seconds}s`, '-s', script, writer.url]
    const wrk = Bun.spawn(load, { stdout: 'pipe' })
    const out = await new Response(wrk.stdout).text()
    if ((await wrk.exited) !== 0) throw new Error(`wrk failed: ${out}`)
    const after = writer.cpuUs()
    const requests = Number(/(\d+) requests in/.exec(out)?.[1])
    const zergUs = (after.zerg - before.zerg) / requests
    const postgresUs = (after.postgres - before.postgres) / requests
    const errors = Number(/Non-2xx.*: (\d+)/.exec(out)?.[1] ?? 0)
    return { zergUs, postgresUs, us: zergUs + postgresUs, errors }
  }

  // A comparison of two that do the same would be a fine figure, and a lie.
  async function requireWorth() {
    const [some, none] = [await audited.entries(), await bare.entries()]
    if (some < 1_000 || none > 0) throw new Error(`${some} entries with and ${none} without.`)
  }
}

const shareOf = (measured: readonly Measured[]): Share => ({
  zergUs: median(measured.map(({ zergUs }) => zergUs)),
  postgresUs: median(measured.map(({ postgresUs }) => postgresUs)),
})

async function openWriter(isAudited: boolean) {
  const server = await startPostgres({ version: '18' })
  const url = server.url()
  const ids = await fill(url)
  const [http, ops] = [await freePort(), await freePort()]
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
  const preload = fileURLToPath(new URL('without-audit.ts', import.meta.url))
  const zerg = await spawnZerg({
    command: [process.execPath, ...(isAudited ? [] : ['--preload', preload]), main, 'serve'],
    env: {
      PORT: String(http),
      ZERG_OPS_PORT: String(ops),
      ZERG_GRPC_PORT: String(await freePort()),
      ZERG_SECRET: SECRET,
      DATABASE_URL: url,
      ZERG_LIMITS: 'false',
    },
    readyUrl: `http://127.0.0.1:${http}/ready`,
  })
  const key = await adminKeyOf(url)
  const entries = () => count(url, 'select count(*)::int as count from audit_entries')
  const close = async () => {
    await zerg.stop('SIGKILL')
    await server.drop()
  }
  return {
    name: isAudited ? 'with' : 'without',
    url: `http://127.0.0.1:${http}`,
    key,
    ids,
    cpuUs: () => ({ zerg: exactCpuUs(zerg.pid) ?? 0, postgres: postgresCpuUs(server) }),
    entries,
    close,
  }
}

async function fill(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await createMigrator({ sql }).up()
    await sql`
      insert into tasks (id, title, description, owner_id)
      select gen_random_uuid(), 'Benchmark Task', 'Load testing ' || n,
        '00000000-0000-7000-8000-000000000001'
      from generate_series(1, ${TASKS}) n`
    const rows = await sql<{ id: string }[]>`select id from tasks`
    return rows.map(({ id }) => id)
  } finally {
    await sql.end()
  }
}

async function count(url: string, text: string): Promise<number> {
  const sql = postgres(url, { max: 1 })
  try {
    const [row] = await sql.unsafe<{ count: number }[]>(text)
    return row?.count ?? 0
  } finally {
    await sql.end()
  }
}

/** All of its processes; its sessions stay open while it is measured (Linux). */
function postgresCpuUs(server: PostgresServer): number {
  const parent = String(server.pid())
  const own = readdirSync('/proc').filter(
    entry => /^\d+$/.test(entry) && (entry === parent || parentOf(entry) === parent),
  )
  return own.reduce((sum, pid) => sum + (exactCpuUs(pid) ?? 0), 0)
}

/** Undefined where it has gone. */
function parentOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  } catch {
    return undefined
  }
}

const headersOf = ({ key }: Writer, type: string) =>
  `wrk.headers["content-type"] = "${type}"\nwrk.headers["authorization"] = "Bearer ${key}"`

const createScript = (writer: Writer) => `
  wrk.method = "POST"
  wrk.path = "/api/v1/tasks"
  wrk.body = '{"title":"Write the quarterly report","description":"With figures of every region","priority":"high"}'
  ${headersOf(writer, 'application/json')}
  request = function() return wrk.format(nil, "/api/v1/tasks") end`

const changeScript = (writer: Writer) => `
  ${headersOf(writer, 'application/merge-patch+json')}
  local ids = {${writer.ids.map(id => `"${id}"`).join(',')}}
  local n = 0
  request = function()
    n = n + 1
    local body = '{"title":"Write the report, take ' .. n .. '","status":"in_progress"}'
    return wrk.format("PATCH", "/api/v1/tasks/" .. ids[n % #ids + 1], nil, body)
  end`

/** One line for people. */
export const auditLine = ({ subject, ratio, ratios, bar, ...us }: AuditFigure): string =>
  `${subject}: ${inWords(us.with)} with its entry, ${inWords(us.without)} without, ratio ${ratio.toFixed(3)} (${ratios.map(it => it.toFixed(2)).join(' ')}; bar ${bar})`

const inWords = ({ zergUs, postgresUs }: Share) =>
  `${(zergUs + postgresUs).toFixed(0)} µs (Zerg ${zergUs.toFixed(0)}, PostgreSQL ${postgresUs.toFixed(0)})`

// Lists at a million tasks against the same lists at a thousand, asked of the compiled executable.

import { median } from '../costs/cpu.ts'
import { insertManyTasks, projectId, userId } from '../lists/many-tasks.ts'
import { authorization } from '../lab/credentials.ts'
import { startZerg, type Zerg } from '../lab/zerg.ts'
import { openForTest } from '../../tests/support/open-database.ts'
import { createDatabase } from '../../tests/support/postgres.ts'
import { say, type Section } from './section.ts'

const FEW = 1_000
const MANY = 1_000_000
const ROUNDS = 400

// Each page is full in both: what is compared is the finding, not the number of rows shown.
const LISTS: readonly (readonly [string, string])[] = [
  ['newest first', '/api/v1/tasks'],
  ['oldest first', '/api/v1/tasks?sort=created_at'],
  ['last changed first', '/api/v1/tasks?sort=-updated_at'],
  ['by due date', '/api/v1/tasks?sort=due_date'],
  ['of a status', '/api/v1/tasks?status=done'],
  ['not done', '/api/v1/tasks?completed=false'],
  [
    'of a large project, by due date',
    `/api/v1/tasks?project_id=${projectId(0)}&sort=due_date&limit=5`,
  ],
  ['of an assignee', `/api/v1/tasks?assignee_id=${userId(0)}&limit=5`],
  ['a search by a common word', '/api/v1/tasks?q=a&limit=5'],
]

export async function proveLists(): Promise<Section> {
  const few = await openWith(FEW)
  const many = await openWith(MANY)
  try {
    const rows = []
    for (const [name, path] of LISTS) {
      say(`lists: ${name}`)
      rows.push({ name, ...(await compare(path, few.zerg, many.zerg)) })
    }
    const whole = median(rows.map(row => row.ratio))
    const plain = rows[0]!
    return {
      title: 'Lists at a million tasks',
      text:
        `Each list is asked ${ROUNDS} times of two servers in turn, one on ${FEW.toLocaleString('en')} tasks and one on ${MANY.toLocaleString('en')}; the median of the pairs’ ratios.\n\n` +
        '| list | 1 k, ms | 1 M, ms | ratio |\n| --- | --- | --- | --- |\n' +
        rows
          .map(
            it =>
              `| ${it.name} | ${it.fewMs.toFixed(2)} | ${it.manyMs.toFixed(2)} | ${it.ratio.toFixed(2)} |`,
          )
          .join('\n'),
      findings: [
        {
          what: 'the list at 1 M rows against 1 k rows',
          bar: '≤ 1.2×',
          measured: `${plain.ratio.toFixed(2)}×; over all lists of the table, median ${whole.toFixed(2)}×, worst ${Math.max(...rows.map(it => it.ratio)).toFixed(2)}×`,
          held: plain.ratio <= 1.2 && whole <= 1.2,
        },
      ],
    }
  } finally {
    await few.close()
    await many.close()
  }
}

async function openWith(tasks: number) {
  say(`lists: filling ${tasks.toLocaleString('en')} tasks`)
  const made = await createDatabase({ version: '18' })
  const { database } = await openForTest(made.url, { statementTimeoutMs: 0 })
  await insertManyTasks(database.on(AbortSignal.timeout(600_000)), tasks)
  await database.close(2_000)
  const zerg = await startZerg({
    env: { DATABASE_URL: made.url, LOG_LEVEL: 'warn', ZERG_DRAIN_MAX: '200ms' },
  })
  const close = async () => {
    await zerg.stop()
    await made.drop()
  }
  return { zerg, close }
}

async function compare(path: string, few: Zerg, many: Zerg) {
  const [fewMs, manyMs, ratios]: number[][] = [[], [], []]
  for (let round = 0; round < ROUNDS + 50; round++) {
    const one = await timeOf(few, path)
    const other = await timeOf(many, path)
    // The first ones fill caches and prepare statements.
    if (round < 50) continue
    fewMs!.push(one)
    manyMs!.push(other)
    ratios!.push(other / one)
  }
  return { fewMs: median(fewMs!), manyMs: median(manyMs!), ratio: median(ratios!) }
}

async function timeOf({ url, key }: Zerg, path: string): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(url + path, { headers: authorization(key) })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`${url}${path} was answered ${response.status}.`)
  return performance.now() - startedMs
}

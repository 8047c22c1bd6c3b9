// The promise in short: told to stop under load, one instance loses no request. The long form, with
// many runs of each cell, is `npm run prove`.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Cell, describeCell, runShutdownTrial } from '../../bench/lab/shutdown-trial.ts'
import { target } from '../../bench/prove/drain.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'

const isRoot = process.getuid?.() === 0
const user = isRoot ? ('nobody' as const) : ('root' as const)

const cells: readonly Cell[] = [
  { connections: 64, pauseMaxMs: 0, method: 'GET', host: '127.0.0.1', user },
  { connections: 64, pauseMaxMs: 0, method: 'POST', host: '127.0.0.1', user },
  { connections: 64, pauseMaxMs: 500, method: 'POST', host: '127.0.0.1', user },
  { connections: 64, pauseMaxMs: 0, method: 'POST', host: '::1', user },
  { connections: 64, pauseMaxMs: 0, method: 'POST', host: 'dual', user },
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: '127.0.0.1', user: 'root' },
]

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

// Without root nobody else can be asked for; the tester's own rights are what there is.
const askable = isRoot ? cells : cells.map(cell => ({ ...cell, user: 'root' as const }))

test.each(askable.map(cell => [describeCell(cell), cell] as const))(
  'no request is lost at SIGTERM: %s',
  async (_, cell) => {
    const trial = await runShutdownTrial(await target(database.url), cell, { loadMs: 700 })
    expect(trial.clients.answered).toBeGreaterThan(cell.connections)
    expect(trial.clients.losses).toEqual([])
    expect(trial.clients).toMatchObject({ lost: 0, server_errors: 0 })
    expect(trial.ended).toEqual({ code: 0, signal: null })
    if (cell.method === 'POST') expect(trial.ledger).toMatchObject({ missing: [], doubled: [] })
  },
)

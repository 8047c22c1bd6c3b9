// An embedded database that runs for long neither fills the disk with its log nor with old rows.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectTo, makeFolder, openTestEmbedded } from '../../support/embedded.ts'
import { eventually } from '../../support/eventually.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(() => folder.remove())

test.each([
  ['on disk', false],
  ['in memory', true],
])(
  'the log %s is recycled, and what was changed often is vacuumed',
  async (_, ephemeral) => {
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral, sync: false })
    const sql = connectTo(embedded)
    await sql`create table busy (id int, n int, filler text)`
    await sql`insert into busy select g, 0, repeat('x', 1000) from generate_series(1, 5000) g`
    for (let round = 0; round < 12; round++) await sql`update busy set n = n + 1`

    const [log] = await sql`select sum(size)::int as bytes from pg_ls_waldir()`
    expect(log!['bytes']).toBeLessThan(60 * 1024 ** 2)
    if (!ephemeral)
      expect(readdirSync(join(folder.path, 'postgres/pg_wal')).length).toBeLessThan(20)
    await eventually(async () => {
      const [stats] = await sql`
      select vacuum_count::int as vacuums from pg_stat_user_tables where relname = 'busy'
    `
      expect(stats!['vacuums']).toBeGreaterThan(0)
    })
    await sql.end()
    await embedded.close()
  },
  60_000,
)

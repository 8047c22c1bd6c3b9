// Inserts numbers one after another, and prints each when it was acknowledged. Every third is one
// transaction of two statements, so that a kill can hit between them.

import { writeSync } from 'node:fs'
import { connectTo, openTestEmbedded } from '../embedded.ts'

const embedded = await openTestEmbedded({ dataDir: process.argv[2]!, ephemeral: false })
const sql = connectTo(embedded)
await sql`create table if not exists acknowledged (id int primary key, twin int, filler text)`
const [last] = await sql`select coalesce(max(id), 0) as id from acknowledged`
writeSync(1, 'ready\n')

const filler = 'x'.repeat(2_000)
for (let id: number = last!['id'] + 1; ; id++) {
  if (id % 3 === 0)
    await sql.begin(async tx => {
      await tx`insert into acknowledged (id, filler) values (${id}, ${filler})`
      await tx`update acknowledged set twin = ${id} where id = ${id}`
    })
  else await sql`insert into acknowledged (id, twin, filler) values (${id}, ${id}, ${filler})`
  writeSync(1, `${id}\n`)
}

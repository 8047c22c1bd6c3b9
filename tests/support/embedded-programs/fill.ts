// Writes until the disk is full, looks whether reading still works, makes room, and writes again.
// Prints one JSON object with what it saw.

import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type postgres from 'postgres'
import { connectTo, openTestEmbedded } from '../embedded.ts'
import { eventually } from '../eventually.ts'

const directory = process.argv[2]!
const dataDir = join(directory, 'data')
writeFileSync(join(directory, 'deletable'), Buffer.alloc(20 * 1024 ** 2))
const embedded = await openTestEmbedded({ dataDir, ephemeral: false })
let sql = connectTo(embedded)
await sql`create table heap (id serial primary key, n int not null default 0, filler text)`

const filler = Array.from({ length: 150 }, () => crypto.randomUUID()).join('')
let inserted = 0
let refusal = ''
while (refusal === '' && inserted < 50_000) {
  refusal = await codeOf(sql`insert into heap (filler) values (${filler})`)
  if (refusal === '') inserted++
}

// Somebody else takes what is left: the log still has to find room in the files it has.
const ballast = takeTheRest(join(directory, 'ballast'))
const refusedAgain = await codeOf(sql`insert into heap (filler) values (${filler})`)
const whileFull = await count()

// A statement that needs more log than there is room for ends PostgreSQL as a panic would.
const flood = await codeOf(
  sql`select pg_logical_emit_message(true, 'x', repeat('x', 1000000)) from generate_series(1, 60)`,
)
const afterPanic = await codeOf(sql`select 1`)
// The driver's connection keeps what it was last told, so the next client is a new one.
await sql.end({ timeout: 0 })
sql = connectTo(embedded)
closeSync(ballast)
rmSync(join(directory, 'ballast'))
rmSync(join(directory, 'deletable'))
const recovered = await eventually(count, { withinMs: 10_000, everyMs: 100 })
await sql`delete from heap where id % 2 = 0`
const writesAgain = await codeOf(sql`insert into heap (filler) values ('small')`)

await sql.end()
await embedded.close()
const reopened = await openTestEmbedded({ dataDir, ephemeral: false })
const again = connectTo(reopened)
const [kept] = await again`select count(*)::int as rows from heap`
await again.end()
await reopened.close()
console.log(
  JSON.stringify({
    inserted,
    refusal,
    refusedAgain,
    whileFull,
    flood,
    afterPanic,
    recovered,
    writesAgain,
    kept: kept!['rows'],
  }),
)
// The PostgreSQL that panicked left a timer of ten seconds behind.
process.exit(0)

async function count(): Promise<unknown> {
  const [row] = await sql`select count(*)::int as rows from heap`
  return row!['rows']
}

async function codeOf(query: postgres.PendingQuery<postgres.Row[]>): Promise<string> {
  try {
    await query
    return ''
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

function takeTheRest(file: string): number {
  const descriptor = openSync(file, 'w')
  const block = Buffer.alloc(1 << 16)
  try {
    for (;;) writeSync(descriptor, block)
  } catch {
    return descriptor
  }
}

// Makes the archive of a new, migrated database that first starts unpack (src/platform/embedded).

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pino from 'pino'
import postgres from 'postgres'
import { type ArchivedFile, packArchive } from '#platform/embedded/archive.ts'
import { archiveIsCurrent, keepArchive } from '#platform/embedded/archive-file.ts'
import { type Embedded, openEmbedded } from '#platform/embedded/index.ts'
import { createMigrator } from '#platform/postgres/migrate/migrator.ts'

/** Does nothing when the cached archive is up to date. */
export async function makeEmbeddedData(): Promise<void> {
  if (archiveIsCurrent()) return
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zerg-embedded-'))
  try {
    await initialise(path.join(folder, 'postgres'))
    await fill(folder)
    keepArchive(packArchive(readTree(path.join(folder, 'postgres'))))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

// Small segments of the log, since a new database brings one along and keeps at least two.
async function initialise(folder: string) {
  const pglite = await PGlite.create(folder, { initDbStartParams: ['--wal-segsize=4'] })
  await pglite.close()
}

async function fill(dataDir: string) {
  const log = pino({ level: 'silent' })
  const embedded = await openEmbedded({ dataDir, ephemeral: false, sync: false, log })
  try {
    await migrate(embedded)
  } finally {
    await embedded.close()
  }
}

async function migrate(embedded: Embedded) {
  const options = { socket: embedded.socket, max: 1, onnotice: () => {} }
  const sql = postgres(options)
  try {
    await createMigrator({ sql }).up()
    await slim(sql)
  } finally {
    await sql.end()
  }
}

// Nobody creates a further database in here, and the templates are two thirds of a new one.
async function slim(sql: postgres.Sql) {
  await sql`update pg_database set datistemplate = false`
  await sql`drop database template0`
  await sql`drop database template1`
  await sql`vacuum (freeze, analyze)`
}

function readTree(root: string): ArchivedFile[] {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .map(entry => {
      const file = path.join(entry.parentPath, entry.name)
      const name = path.relative(root, file).replaceAll(path.sep, '/')
      return entry.isDirectory() ? { path: name } : { path: name, content: fs.readFileSync(file) }
    })
    .filter(({ path }) => !LEFT_OUT.has(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

// Of the process that made it.
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts'])

if (import.meta.main) await makeEmbeddedData()

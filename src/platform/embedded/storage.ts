// Where PGlite's files lie: in a directory of the host, or in memory. PGlite alone never asks the
// host to sync, and PostgreSQL's promise to have kept a commit is only as good as that.

import fs from 'node:fs'
import type { PGliteOptions } from '@electric-sql/pglite'
import type { ArchivedFile } from './archive.ts'

type FileSystem = NonNullable<PGliteOptions['fs']>

export type Storage = FileSystem & {
  /** Bytes written to the write-ahead log, since they were last forgotten. */
  logBytes(): number
  forgetLogBytes(): void
  /** How often the host was asked to sync. */
  syncs(): number
  /** Closes every file as it is. */
  abandon(): void
}

// Where PGlite's build of PostgreSQL looks for its data.
const MOUNT_POINT = '/pglite/data'
const NO_SPACE = 51

// PostgreSQL panics when its log finds no room, but merely refuses a statement when a table does.
// So tables stop growing while this much is left for the log, more than it takes between two
// checkpoints: a full disk refuses writes, and reads go on.
const RESERVE_BYTES = 32 * 1024 ** 2
const LOOK_EVERY_BYTES = 1024 ** 2
const LOOK_EVERY_MS = 250

/** Files in `directory`; what PostgreSQL syncs is synced. */
export function createDiskStorage(directory: string): Storage {
  const logFiles = new Set<number>()
  const tableFiles = new Set<number>()
  let logBytes = 0
  let syncs = 0
  let module: Module | undefined
  let spaceIsLow = false
  let unlookedBytes = Infinity
  let lookedAtMs = 0

  return {
    ...notOffered,
    init: async (_pglite, options) => ({
      emscriptenOpts: { ...options, preRun: [...(options.preRun ?? []), mount] },
    }),
    closeFs: async () => abandon(),
    logBytes: () => logBytes,
    forgetLogBytes: () => void (logBytes = 0),
    syncs: () => syncs,
    abandon,
  }

  function mount(loaded: Module) {
    module = loaded
    const { FS, NODEFS } = loaded
    const { open, close, write, setattr } = NODEFS.stream_ops
    Object.assign(NODEFS.stream_ops, {
      open: (stream: Stream) => {
        open(stream)
        if (isLog(stream)) logFiles.add(stream.nfd)
        if (isTable(stream)) tableFiles.add(stream.nfd)
      },
      close: (stream: Stream) => {
        logFiles.delete(stream.nfd)
        tableFiles.delete(stream.nfd)
        close(stream)
      },
      write: (...[stream, buffer, offset, length, position]: Write) => {
        if (logFiles.has(stream.nfd)) logBytes += length
        else if (tableFiles.has(stream.nfd) && !mayGrow(length))
          refuseGrowth(stream, position + length)
        return write(stream, buffer, offset, length, position)
      },
      setattr: (stream: Stream, attributes: { size?: number }) => {
        if (tableFiles.has(stream.nfd) && !mayGrow(0)) refuseGrowth(stream, attributes.size ?? 0)
        setattr(stream, attributes)
      },
      // A file's data needs no more than fdatasync. What it does to a directory is not specified.
      fsync: (stream: Stream) => {
        syncs++
        const sync = FS.isFile(stream.node.mode) ? fs.fdatasyncSync : fs.fsyncSync
        NODEFS.tryFSOperation(() => sync(stream.nfd))
        return 0
      },
    })
    const refuseGrowth = (stream: Stream, size: number) => {
      if (fs.fstatSync(stream.nfd).size < size) throw new FS.ErrnoError(NO_SPACE)
    }
    FS.mkdirTree(MOUNT_POINT)
    FS.mount(NODEFS, { root: directory }, MOUNT_POINT)
  }

  function mayGrow(bytes: number): boolean {
    unlookedBytes += bytes
    if (unlookedBytes > LOOK_EVERY_BYTES || performance.now() - lookedAtMs > LOOK_EVERY_MS) {
      const { bavail, bsize } = fs.statfsSync(directory)
      spaceIsLow = bavail * bsize < RESERVE_BYTES
      unlookedBytes = 0
      lookedAtMs = performance.now()
    }
    return !spaceIsLow
  }

  function abandon() {
    module?.FS.quit()
    module = undefined
  }
}

/** Files in memory, gone with the process. It takes over what it is given, and can be filled once. */
export function createMemoryStorage(files: readonly ArchivedFile[]): Storage {
  let module: Module | undefined
  let logBytes = 0
  return {
    ...notOffered,
    init: async (_pglite, options) => ({
      emscriptenOpts: { ...options, preRun: [...(options.preRun ?? []), fill] },
    }),
    closeFs: async () => abandon(),
    logBytes: () => logBytes,
    forgetLogBytes: () => void (logBytes = 0),
    syncs: () => 0,
    abandon,
  }

  function fill(loaded: Module) {
    module = loaded
    loaded.FS.mkdirTree(MOUNT_POINT)
    for (const { path, content } of files) {
      const target = `${MOUNT_POINT}/${path}`
      if (content) loaded.FS.writeFile(target, content, { canOwn: true })
      else loaded.FS.mkdirTree(target)
    }
    const operations = loaded.MEMFS.ops_table.file.stream
    const { write } = operations
    operations.write = (...given) => {
      if (isLog(given[0])) logBytes += given[3]
      return write(...given)
    }
  }

  function abandon() {
    module?.FS.quit()
    module = undefined
  }
}

const isLog = ({ path }: Stream) => path.startsWith(`${MOUNT_POINT}/pg_wal/`)

// Tables, indexes and what a sort spills: whatever may fail without PostgreSQL failing.
const TABLE = new RegExp(`^${MOUNT_POINT}/base/(?:\\d+/t?\\d|pgsql_tmp/)`)
const isTable = ({ path }: Stream) => TABLE.test(path)

const notOffered = {
  syncToFs: async () => {},
  initialSyncFs: async () => {},
  dumpTar: () => Promise.reject(new Error('A dump is made from the data directory itself.')),
}

// The parts of Emscripten's file system that are used here.
type Stream = { nfd: number; path: string; node: { mode: number } }
type Write = [stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number]
type Module = {
  FS: {
    mkdirTree(path: string): void
    mount(type: Module['NODEFS'], options: { root: string }, at: string): void
    writeFile(path: string, content: Uint8Array, options: { canOwn: boolean }): void
    isFile(mode: number): boolean
    quit(): void
    ErrnoError: new (code: number) => Error
  }
  NODEFS: {
    tryFSOperation<T>(work: () => T): T
    stream_ops: {
      open(stream: Stream): void
      close(stream: Stream): void
      write(...write: Write): number
      setattr(stream: Stream, attributes: { size?: number }): void
    }
  }
  MEMFS: {
    ops_table: { file: { stream: { write(...write: [...Write, canOwn?: boolean]): number } } }
  }
}

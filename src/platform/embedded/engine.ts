// One running PostgreSQL: PGlite's WebAssembly build, in this thread.
//
// PGlite's own `execProtocolRaw` is not used. It parses every answer a second time, and it goes on
// after a PANIC, where a PostgreSQL must stop and recover. The loop below speaks to the same entry
// points; they belong to one exact version of PGlite, which is why that is pinned and tested.

import type { Log } from '../observability/log.ts'
import { DatabaseFailure } from '../postgres/failure.ts'
import type { Assets } from './assets.ts'
import type { Storage } from './storage.ts'

export type Engine = {
  /** Answers a StartupMessage. */
  greet(startup: Buffer): Buffer
  /** Runs whole messages to their end, and returns everything that PostgreSQL answered. */
  exchange(messages: Buffer): Buffer
  inTransaction(): boolean
  /** Written to the write-ahead log since the start, or since this was forgotten. */
  logBytes(): number
  forgetLogBytes(): void
  /** Why this PostgreSQL is no more: it panicked, or its WebAssembly trapped. Open another one. */
  failure(): Error | undefined
  /** Shuts down as PostgreSQL does, with a last checkpoint. */
  close(): Promise<void>
}

type Needs = { assets: Assets; storage: Storage; sync: boolean; log: Log }

export async function startEngine({ assets, storage, sync, log }: Needs): Promise<Engine> {
  // Loaded here and not above, so that who has a PostgreSQL elsewhere never pays for this one.
  const { PGlite } = await import('@electric-sql/pglite')
  const complaints: string[] = []
  const pglite = new PGlite({
    fs: storage,
    pgliteWasmModule: assets.wasm,
    fsBundle: assets.bundle,
    startParams: startParams(sync),
    onStderr: text => {
      const grave = /\b(?:FATAL|PANIC): .*/.exec(text)
      if (grave) complaints.push(grave[0])
      log.debug({ text }, 'embedded_postgres_says')
      return false
    },
  })
  await pglite.waitReady.catch(thrown => {
    storage.abandon()
    throw new DatabaseFailure(
      `The embedded PostgreSQL did not start: ${complaints.join(' ') || String(thrown)}.`,
      'Free space if the disk is full; else keep a copy of the data directory and report this.',
      thrown,
    )
  })

  // Emscripten's types are not among PGlite's.
  const wasm = pglite.Module as typeof pglite.Module & { HEAPU8: Uint8Array }
  let outgoing: Uint8Array = Buffer.alloc(0)
  let sent = 0
  let received: Buffer[] = []
  let failure: Error | undefined

  const read = wasm.addFunction((pointer, most) => {
    const part = outgoing.subarray(sent, sent + most)
    wasm.HEAPU8.set(part, pointer)
    sent += part.length
    return part.length
  }, 'ipi')
  const write = wasm.addFunction((pointer, length) => {
    received.push(Buffer.from(wasm.HEAPU8.subarray(pointer, pointer + length)))
    return length
  }, 'ipi')
  wasm._pgl_set_rw_cbs(read, write)

  return {
    greet,
    exchange,
    inTransaction: () => failure === undefined && wasm._IsTransactionBlock() !== 0,
    logBytes: storage.logBytes,
    forgetLogBytes: storage.forgetLogBytes,
    failure: () => failure,
    close,
  }

  function greet(startup: Buffer): Buffer {
    return answerTo(startup, () => {
      wasm._ProcessStartupPacket(wasm._pgl_getMyProcPort(), true, true)
      wasm._pgl_sendConnData()
      wasm._pgl_pq_flush()
    })
  }

  function exchange(messages: Buffer): Buffer {
    return answerTo(messages, () => {
      while (sent < messages.length || wasm._pq_buffer_remaining_data() > 0) mainLoopOnce()
      wasm._PostgresSendReadyForQueryIfNecessary()
      wasm._pgl_pq_flush()
    })
  }

  // An SQL error leaves PostgreSQL's main loop by a long jump, which arrives here as this exit status.
  function mainLoopOnce() {
    const stack = wasm.stackSave()
    try {
      wasm._PostgresMainLoopOnce()
    } catch (thrown) {
      wasm.stackRestore(stack)
      if (exitStatus(thrown) !== LONG_JUMP) throw thrown
      wasm._PostgresMainLongJmp()
    }
  }

  function answerTo(message: Buffer, work: () => void): Buffer {
    if (failure) throw failure
    outgoing = message
    sent = 0
    try {
      work()
    } catch (thrown) {
      failure = new Error(`The embedded PostgreSQL ended: ${complaints.at(-1) ?? String(thrown)}`, {
        cause: thrown,
      })
      log.error({ error: failure.message }, 'embedded_postgres_failed')
    }
    const answer = received.length === 1 ? received[0]! : Buffer.concat(received)
    received = []
    return answer
  }

  async function close() {
    // What panicked must not write another byte; the next start recovers from its log.
    if (failure) return storage.abandon()
    failure = new Error('The embedded PostgreSQL is closed.')
    await pglite.close()
  }
}

const LONG_JUMP = 100

const exitStatus = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'status' in thrown ? thrown.status : undefined

function startParams(sync: boolean): string[] {
  const settings = {
    // fdatasync is a no-op in PGlite's system calls; fsync reaches the storage, which chooses.
    wal_sync_method: 'fsync',
    exit_on_error: 'off',
    io_method: 'sync',
    jit: 'off',
    max_connections: '8',
    max_worker_processes: '0',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    max_wal_senders: '0',
    max_replication_slots: '0',
    wal_level: 'minimal',
    // Memory: the operating system's page cache is a function call away, so the own one is small.
    shared_buffers: '8MB',
    maintenance_work_mem: '16MB',
    // Disk: what the log may take is decided by when checkpoints are made (session.ts).
    min_wal_size: '16MB',
    max_wal_size: '16MB',
    // Statements and their parameters do not belong into a log.
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
  }
  return [
    '--single',
    ...(sync ? [] : ['-F']),
    '-j',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

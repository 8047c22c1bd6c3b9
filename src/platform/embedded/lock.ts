// One process at a time on a data directory. The lock is the kernel's (flock), so it ends with the
// process however that ends, and is the same by whichever path the directory was reached. The file
// says who holds it: for a clear refusal, and for commands that look for a running instance.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseFailure } from '../postgres/failure.ts'
import { codeOf } from '../postgres/errors.ts'
import { flock } from './libc.ts'

export type Holder = {
  pid: number
  host: string
  /** RFC 3339. */
  started_at: string
  /** Tells this process from a later one of the same pid; null where the system does not say. */
  process_start: string | null
  /** By door: `http`, `operations`, `grpc`. Empty until they are open. */
  ports: Readonly<Record<string, number>>
  /** The address that they are bound to; null until they are open. */
  address: string | null
}

/** Where an instance listens. */
export type Announced = Pick<Holder, 'ports' | 'address'>

export type Lock = {
  /** Makes known where the instance listens. */
  announce(where: Announced): void
  release(): void
}

const FILE = 'zerg.lock'

/**
 * Takes the directory, until the process ends or lets go. `lockFile` is the system call.
 *
 * @throws DatabaseFailure naming who holds the directory.
 */
export function lockDirectory(directory: string, lockFile: typeof flock = flock): Lock {
  const file = path.join(directory, FILE)
  const descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
  const outcome = lockFile(descriptor)
  const other = outcome === 'unsupported' ? livingHolder(directory) : undefined
  if (outcome === 'held' || other) {
    fs.closeSync(descriptor)
    throw inUse(directory, other ?? readHolder(directory))
  }

  const holder = describeSelf()
  let held = true
  announce({ ports: {}, address: null })
  return { announce, release }

  // Written in place: a lock belongs to the file, and a renamed one would be another file. On a full
  // disk it stays empty, and locks all the same.
  function announce({ ports, address }: Announced) {
    if (!held) return
    const text = Buffer.from(`${JSON.stringify({ ...holder, ports, address })}\n`)
    try {
      fs.ftruncateSync(descriptor, 0)
      fs.writeSync(descriptor, text, 0, text.length, 0)
    } catch (error) {
      if (isFull(error)) return
      release()
      throw error
    }
  }

  // Emptied and not deleted: somebody may have opened it already and wait to lock this very file.
  function release() {
    if (!held) return
    held = false
    try {
      fs.ftruncateSync(descriptor, 0)
    } finally {
      fs.closeSync(descriptor)
    }
  }
}

const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT'].includes(codeOf(error))

/** Who has the directory, as far as it was written down; undefined where nobody says so. */
export function readHolder(directory: string): Holder | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(directory, FILE), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * The instance that has the directory at this moment; undefined where none has. Never takes the lock
 * itself, so that it is in nobody's way, unless the holder was on another machine or in another
 * container: then nothing else can tell.
 */
export function findInstance(directory: string): Holder | undefined {
  const holder = readHolder(directory)
  if (!holder) return undefined
  if (holder.host === os.hostname()) return isAlive(holder) ? holder : undefined
  const descriptor = fs.openSync(path.join(directory, FILE), fs.constants.O_RDWR)
  try {
    return flock(descriptor) === 'locked' ? undefined : holder
  } finally {
    fs.closeSync(descriptor)
  }
}

// Where the file system knows no locks, the process named in the file decides.
function livingHolder(directory: string): Holder | undefined {
  const holder = readHolder(directory)
  if (!holder || holder.host !== os.hostname()) return holder
  return isAlive(holder) ? holder : undefined
}

function isAlive({ pid, process_start }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  return process_start === null || process_start === processStart(pid)
}

const describeSelf = () => ({
  pid: process.pid,
  host: os.hostname(),
  started_at: new Date(performance.timeOrigin).toISOString(),
  process_start: processStart(process.pid),
})

// Ticks from the machine's start to the process's (field 22; the second may hold spaces), and which
// start of the machine that was. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
function processStart(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return null
  }
}

function inUse(directory: string, holder: Holder | undefined): DatabaseFailure {
  const doors = Object.entries(holder?.ports ?? {}).map(([door, port]) => `${door} ${port}`)
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, running since ${holder.started_at}` +
      (doors.length ? `, listening on ${doors.join(', ')}` : '')
    : 'another process, which did not say who it is'
  return new DatabaseFailure(
    `The data directory ${directory} is in use by ${who}.`,
    'Stop that process, or give this one a directory of its own with --data-dir.',
  )
}

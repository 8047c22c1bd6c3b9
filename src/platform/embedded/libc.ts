// Two system calls that neither Node nor Bun offers. Where there is no C library of a known name,
// both say so and their callers do without.

import { dlopen, FFIType, read } from 'bun:ffi'

const EXCLUSIVE = 2
const NON_BLOCKING = 4

/**
 * Locks an open file without waiting; the kernel lets go when the file is closed, at the latest with
 * the process. https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function flock(descriptor: number): 'locked' | 'held' | 'unsupported' {
  const library = process.platform === 'darwin' ? openDarwin() : openLinux()
  if (!library) return 'unsupported'
  if (library.flock(descriptor, EXCLUSIVE | NON_BLOCKING) === 0) return 'locked'
  const errno = library.errnoAt()
  return errno !== null && read.i32(errno) === library.wouldBlock ? 'held' : 'unsupported'
}

/** Syncs all of an open file's file system, in one call that only Linux has. False: not done. */
export function syncFileSystem(descriptor: number): boolean {
  return openLinux()?.syncfs(descriptor) === 0
}

const flockShape = { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } as const
const errnoShape = { args: [], returns: FFIType.ptr } as const
const syncfsShape = { args: [FFIType.i32], returns: FFIType.i32 } as const

// glibc's name, then musl's.
const LINUX_NAMES = [
  'libc.so.6',
  `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`,
]

function openLinux() {
  for (const name of LINUX_NAMES)
    try {
      const { symbols } = dlopen(name, {
        flock: flockShape,
        syncfs: syncfsShape,
        __errno_location: errnoShape,
      })
      const { flock, syncfs, __errno_location: errnoAt } = symbols
      return { flock, syncfs, errnoAt, wouldBlock: 11 }
    } catch {
      continue
    }
  return undefined
}

function openDarwin() {
  try {
    const { symbols } = dlopen('libSystem.B.dylib', { flock: flockShape, __error: errnoShape })
    return { flock: symbols.flock, errnoAt: symbols.__error, wouldBlock: 35 }
  } catch {
    return undefined
  }
}

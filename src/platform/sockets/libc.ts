// The C library of this Linux, glibc or musl. Elsewhere there is none, and whoever asks does without.

import { dlopen, type FFIFunction, type Library } from 'bun:ffi'

const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** Undefined where the platform, or a function on it, is missing. */
export function openLibc<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
): Library<Functions>['symbols'] | undefined {
  const machine = MACHINES[process.arch]
  // The layouts that callers write by hand are those of 64-bit, little-endian Linux.
  if (process.platform !== 'linux' || !machine) return undefined
  const names = [
    'libc.so.6',
    `libc.musl-${machine}.so.1`,
    `/lib/ld-musl-${machine}.so.1`,
    // Before glibc 2.34 the timers lived here; it brings the rest along.
    'librt.so.1',
  ]
  for (const name of names) {
    try {
      return dlopen(name, functions).symbols
    } catch {
      // Not this one.
    }
  }
  return undefined
}

// The watchdog's time, kept by the Linux kernel.

import { openLibc } from '../sockets/libc.ts'
import type { Keeper } from './watchdog.ts'

const SIGQUIT = 3
const CLOCK_MONOTONIC = 1
// Counts only while the thread that made the timer works: neither a stopped process (SIGSTOP, a closed
// laptop) nor one that waits for its clients comes nearer to the limit.
const CLOCK_THREAD_CPUTIME_ID = 3

/** To be called on the main thread. Undefined where the platform has no such timers. */
export function openTimer(): Keeper | undefined {
  const libc = openLibc({
    timer_create: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    timer_settime: { args: ['u64', 'i32', 'ptr', 'ptr'], returns: 'i32' },
    signal: { args: ['i32', 'ptr'], returns: 'ptr' },
    dlsym: { args: ['ptr', 'ptr'], returns: 'ptr' },
  })
  const exit = libc?.dlsym(null, Buffer.from('_exit\0'))
  if (!libc || !exit) return undefined

  const working = createTimer(CLOCK_THREAD_CPUTIME_ID)
  const passing = createTimer(CLOCK_MONOTONIC)
  if (working === undefined || passing === undefined) return undefined
  libc.signal(SIGQUIT, exit)

  return {
    allowWork: ms => arm(working, ms),
    allowTime(ms) {
      arm(working, 0)
      arm(passing, ms)
    },
    stop() {
      arm(working, 0)
      arm(passing, 0)
    },
  }

  function createTimer(clock: number) {
    // `struct sigevent` with notification by signal, which is kind 0.
    const event = new DataView(new ArrayBuffer(64))
    event.setInt32(8, SIGQUIT, true)
    const id = new BigUint64Array(1)
    const failed = libc!.timer_create(clock, new Uint8Array(event.buffer), id) !== 0
    return failed ? undefined : id[0]!
  }

  // Zero disarms.
  function arm(timer: bigint, ms: number) {
    const wholeS = Math.floor(ms / 1_000)
    const ns = Math.round((ms - wholeS * 1_000) * 1_000_000)
    const spec = new BigInt64Array([0n, 0n, BigInt(wholeS), BigInt(ns)])
    libc!.timer_settime(timer, 0, spec, null)
  }
}

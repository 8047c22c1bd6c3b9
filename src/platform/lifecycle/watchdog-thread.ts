// The watchdog's time, kept by a thread: for platforms without the kernel's timers.

import type { Keeper } from './watchdog.ts'

const TICK_MS = 100

// Shared words: how many ticks are left of each kind; negative means that nothing is expected.
const WORK = 0
const TIME = 1

// In a text, since the executable has no second file. The C library ends the process with the right
// code, and as PID 1 too; where it has another name the process is killed. It counts its own ticks, so that a process that
// was stopped meanwhile has not come nearer to its limit.
const SOURCE = `
self.onmessage = ({ data: words }) => {
  const { dlopen } = require('bun:ffi')
  const endAll = () => {
    for (const name of ['libSystem.B.dylib', 'libc.so.6', 'ld-musl-x86_64.so.1', 'ld-musl-aarch64.so.1'])
      try {
        dlopen(name, { _exit: { args: ['i32'], returns: 'void' } }).symbols._exit(3)
      } catch {}
    process.kill(process.pid, 'SIGKILL')
  }
  setInterval(() => {
    for (const kind of [${WORK}, ${TIME}])
      if (Atomics.load(words, kind) >= 0 && Atomics.sub(words, kind, 1) === 0) endAll()
  }, ${TICK_MS})
}`

export function openWatcher(): Keeper {
  const words = new Int32Array(new SharedArrayBuffer(8)).fill(-1)
  const thread = new Worker(URL.createObjectURL(new Blob([SOURCE])))
  thread.unref()
  // A worker has no origin to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  thread.postMessage(words)
  const allow = (kind: number, ms: number) =>
    void Atomics.store(words, kind, Math.ceil(ms / TICK_MS))
  return {
    allowWork: ms => allow(WORK, ms),
    allowTime(ms) {
      Atomics.store(words, WORK, -1)
      allow(TIME, ms)
    },
    stop() {
      words.fill(-1)
      thread.terminate()
    },
  }
}

// Ends a process whose event loop has stopped turning, when JavaScript can do nothing any more. The
// exit code is 3, as for everything that is forced.
//
// On Linux the kernel keeps the time: a timer sends SIGQUIT, whose number is 3, and whose handler is
// the C library's own `_exit`, which takes that number for its status. No thread, no JavaScript, and
// a handler is what PID 1 needs to die of a signal at all. Elsewhere a thread does it.

import { openTimer } from './watchdog-timer.ts'
import { openWatcher } from './watchdog-thread.ts'

export type Watchdog = {
  /** From here on the process has to be over within the budget, whether the loop turns or not. */
  expectEnd(): void
  close(): void
}

type Needs = {
  budgetMs: number
  /** A loop that does not turn for so long, working all the time, is wedged. Half the budget unless stated. */
  wedgedMaxMs?: number
}

/** Keeps the time; each call starts it again. */
export type Keeper = {
  /** Trips when this thread has worked so long without a call in between. */
  allowWork(ms: number): void
  /** Trips when so much time has passed, whatever happens. */
  allowTime(ms: number): void
  stop(): void
}

export function openWatchdog({ budgetMs, wedgedMaxMs = budgetMs / 2 }: Needs): Watchdog {
  const keeper = openTimer() ?? openWatcher()
  keeper.allowWork(wedgedMaxMs)
  const turning = setInterval(() => keeper.allowWork(wedgedMaxMs), wedgedMaxMs / 4)
  turning.unref()

  return { expectEnd, close }

  function expectEnd() {
    clearInterval(turning)
    keeper.allowTime(budgetMs)
  }

  function close() {
    clearInterval(turning)
    keeper.stop()
  }
}

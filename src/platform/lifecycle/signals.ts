// SIGTERM and SIGINT, as a shutdown understands them: repeated SIGTERMs change nothing, a first Ctrl-C
// makes the window short, a second one cuts. During the start either aborts it.

import type { Lifecycle } from './lifecycle.ts'

type Listen = (signal: 'SIGTERM' | 'SIGINT', listener: () => void) => unknown

type Emitter = { on: Listen; off: Listen }

/** Returns what stops listening. Asked for before the start, so that a signal never meets the default action. */
export function listenForSignals(
  life: Pick<Lifecycle, 'stop' | 'hurry' | 'cut'>,
  from: Emitter = process,
) {
  let interrupts = 0
  const onTerm = () => void life.stop('SIGTERM')
  const onInt = () => {
    interrupts += 1
    if (interrupts > 1) return life.cut()
    void life.stop('SIGINT')
    // Where SIGTERM came first, stopping has begun already, with a longer window.
    life.hurry()
  }
  from.on('SIGTERM', onTerm)
  from.on('SIGINT', onInt)
  return () => {
    from.off('SIGTERM', onTerm)
    from.off('SIGINT', onInt)
  }
}

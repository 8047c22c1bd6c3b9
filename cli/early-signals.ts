// A signal that comes while the server's code is still being loaded. As PID 1 a process without a
// handler would never hear of it.

export type StopSignal = 'SIGTERM' | 'SIGINT'

let asked: StopSignal | undefined
const note = (signal: NodeJS.Signals) => {
  asked ??= signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'
}

/** For commands that end by draining; all others keep the default action. */
export function noteSignals(): void {
  process.on('SIGTERM', note)
  process.on('SIGINT', note)
}

/** What came meanwhile. From here on somebody else listens. */
export function takeSignal(): StopSignal | undefined {
  process.off('SIGTERM', note)
  process.off('SIGINT', note)
  return asked
}

// The file in which Kubernetes looks for a container's last words. It is written only where it exists
// already: elsewhere nobody reads it. A text at the start of the drain is what a watchdog leaves behind.

import { closeSync, constants, openSync, writeSync } from 'node:fs'

export function createTerminationLog(path: string | undefined) {
  return {
    write(text: string) {
      if (path === undefined) return
      try {
        // Without O_CREAT, so that a missing file stays missing.
        const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC)
        try {
          writeSync(file, `${text}\n`)
        } finally {
          closeSync(file)
        }
      } catch {
        // Not there, or not ours to write: the log line says the same.
      }
    },
  }
}

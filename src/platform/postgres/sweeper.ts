// Finds the statements whose call has ended. A listener on every call's signal would cost each
// statement of each request more than the pool does; looking around once in a while costs nothing.

import type { Connection } from './connection.ts'

// By how much a statement may outlive its call.
const EVERY_MS = 15
const QUIET_SWEEPS_MAX = 40

export function createSweeper(connections: Iterable<Connection>) {
  let timer: ReturnType<typeof setInterval> | undefined
  let quietSweeps = 0

  return { wake, stop }

  /** Something is under way. Goes back to sleep by itself. */
  function wake() {
    quietSweeps = 0
    if (timer !== undefined) return
    timer = setInterval(sweep, EVERY_MS)
    // What keeps the process alive is the statement.
    timer.unref()
  }

  function sweep() {
    quietSweeps++
    for (const connection of connections) if (connection.checkCall()) quietSweeps = 0
    if (quietSweeps > QUIET_SWEEPS_MAX) stop()
  }

  function stop() {
    clearInterval(timer)
    timer = undefined
  }
}

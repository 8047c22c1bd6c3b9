// One trial: a server under load from raw sockets is told to stop, and every request is accounted for.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Comparison, compareLedger } from './ledger.ts'
import { type Figures, startRawClients } from './raw-client.ts'
import { type Ended, freePort, spawnZerg } from './spawn-zerg.ts'

export type Cell = {
  connections: number
  pauseMaxMs: number
  method: 'GET' | 'POST'
  host: '127.0.0.1' | '::1' | 'dual'
  user: 'root' | 'nobody'
}

/** The server under trial. */
export type Target = {
  command: readonly string[]
  env(port: number, host: string): Record<string, string>
  paths: { GET: string; POST: string }
  headers?: Readonly<Record<string, string>>
  /** What POST made, by title, once the server is gone. Without it nothing is compared. */
  kept?(): Promise<readonly string[]>
}

export type Trial = {
  cell: Cell
  clients: Figures
  ended: Ended
  /** From the signal to the end of the process. */
  stoppedAfterMs: number
  /** The server's own report. */
  report: Readonly<Record<string, unknown>> | undefined
  ledger?: Comparison
}

const NOBODY = 65_534
const CLIENTS_END_WITHIN_MS = 20_000

type Options = { loadMs?: number; signal?: NodeJS.Signals }

export async function runShutdownTrial(
  target: Target,
  cell: Cell,
  { loadMs = 1_000, signal = 'SIGTERM' }: Options = {},
): Promise<Trial> {
  const bind = cell.host === 'dual' ? '::' : cell.host
  const port = await freePort(bind)
  const folder = mkdtempSync(join(tmpdir(), 'zerg-trial-'))
  const ledger = join(folder, 'ledger.json')
  const hosts = cell.host === 'dual' ? ['127.0.0.1', '::1'] : [cell.host]
  const asked = hosts[0]!.includes(':') ? `[${hosts[0]}]` : hosts[0]
  const server = await spawnZerg({
    command: target.command,
    env: target.env(port, bind),
    readyUrl: `http://${asked}:${port}/ready`,
    ...(cell.user === 'nobody' && { uid: NOBODY }),
  })
  const clients = startRawClients({
    port,
    hosts,
    ledger,
    connections: cell.connections,
    pauseMaxMs: cell.pauseMaxMs,
    method: cell.method,
    path: target.paths[cell.method],
    ...(target.headers && { headers: target.headers }),
  })
  try {
    await clients.started
    await Bun.sleep(loadMs)
    const signalledAtMs = performance.now()
    server.signal(signal)
    const ended = await server.exited
    const stoppedAfterMs = Math.round(performance.now() - signalledAtMs)
    const figures = await endedWithin(clients.figures, CLIENTS_END_WITHIN_MS)
    const kept = cell.method === 'POST' ? await target.kept?.() : undefined
    return {
      cell,
      clients: figures,
      ended,
      stoppedAfterMs,
      report: server.logs().find(line => line['event'] === 'shutdown_report'),
      ...(kept && { ledger: compareLedger(ledger, kept) }),
    }
  } finally {
    clients.kill()
    await server.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Nothing lost, nothing answered 5xx, nothing acknowledged and not kept, and a drained end. */
export const isFlawless = ({ clients, ended, ledger }: Trial): boolean =>
  clients.lost === 0 &&
  clients.server_errors === 0 &&
  clients.losses.length === 0 &&
  ended.code === 0 &&
  (ledger === undefined || (ledger.missing.length === 0 && ledger.doubled.length === 0))

export const describeCell = ({ connections, pauseMaxMs, method, host, user }: Cell): string =>
  `${connections} connections, pause 0–${pauseMaxMs} ms, ${method}, ${host}, ${user}`

async function endedWithin<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The clients did not end within ${ms} ms.`)), ms)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

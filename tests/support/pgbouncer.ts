// A private PgBouncer in transaction mode, gone when the test process is.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { handOver, serverUser } from './postgres-programs.ts'
import { freePort, type PostgresServer } from './postgres-server.ts'
import { findTool } from './tools.ts'
import { withSql } from './postgres.ts'

/** Starts one in front of `server`, with at most `sessions` sessions for all its clients. */
export async function startPgbouncer(server: PostgresServer, sessions = 3) {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-pgbouncer-'))
  handOver(folder)
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${server.port} user=postgres`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    `default_pool_size = ${sessions}`,
    `logfile = ${join(folder, 'pgbouncer.log')}`,
  ]
  writeFileSync(file, lines.join('\n'))
  // Ends with our end of the pipe, which the kernel closes even when this process is killed.
  const script = '"$1" -q "$2" & cat > /dev/null; kill $!; wait; rm -rf "$3"'
  const program = findTool('pgbouncer') ?? 'pgbouncer'
  const child = spawn('/bin/sh', ['-c', script, 'sh', program, file, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...serverUser,
  })
  child.unref()
  const url = (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`
  await eventually(() => withSql(url(), sql => sql.unsafe('select 1')))

  return { url, drop }

  async function drop() {
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.stdin?.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

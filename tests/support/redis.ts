// A private Redis: its own folder and port on the loopback, gone when the test process is.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Certificates } from './certificates.ts'
import { eventually } from './eventually.ts'
import { handOver, serverUser } from './postgres-programs.ts'
import { freePort } from './postgres-server.ts'
import { findTool } from './tools.ts'

export type RedisServer = Awaited<ReturnType<typeof startRedis>>

type Options = {
  /** Lines of redis.conf, beside port, folder and address. */
  lines?: readonly string[]
  port?: number
  /** Another program of Redis by the same file: `--sentinel`. */
  mode?: '--sentinel'
  tls?: Certificates
}

/** Starts a server and waits until it answers. */
export async function startRedis(options: Options = {}) {
  const program = findTool('redis')
  if (!program) throw new Error('There is no redis-server here.')
  const port = options.port ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'zerg-redis-'))
  handOver(folder)
  const file = join(folder, 'redis.conf')
  const usual = [
    ...(options.tls
      ? ['port 0', `tls-port ${port}`, ...writeTls(folder, options.tls)]
      : [`port ${port}`]),
    'bind 127.0.0.1',
    `dir ${folder}`,
    'protected-mode no',
    ...(options.mode ? [] : ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0']),
  ]
  writeFileSync(file, [...usual, ...(options.lines ?? []), ''].join('\n'))
  // A Sentinel writes down what it learns.
  handOver(file)
  const janitor = watchOver(folder)
  let server: ChildProcess | undefined
  await start()

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    start,
    stop,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    drop,
  }

  async function start() {
    const args = [file, ...(options.mode ? [options.mode] : []), '--pidfile', join(folder, 'pid')]
    const child = spawn(program!, [...args, '--daemonize', 'no'], {
      stdio: 'ignore',
      ...serverUser,
    })
    child.unref()
    child.once('exit', () => {
      if (server === child) server = undefined
    })
    server = child
    await eventually(() => isListening(port), { withinMs: 10_000 })
  }

  /** A crash by default: nobody gets to say goodbye. */
  async function stop(how: NodeJS.Signals = 'SIGKILL') {
    if (!server?.pid) return
    const ended = new Promise(resolve => server?.once('exit', resolve))
    signal(how)
    await ended
  }

  function signal(name: NodeJS.Signals) {
    if (server?.pid) process.kill(server.pid, name)
  }

  async function drop() {
    signal('SIGCONT')
    await stop()
    janitor.stdin?.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeTls(folder: string, { cert, key, ca }: Certificates): string[] {
  const contents = { crt: cert, key, 'ca.crt': readFileSync(ca, 'utf8') }
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(folder, name), content)
    handOver(join(folder, name))
  }
  return [
    `tls-cert-file ${folder}/crt`,
    `tls-key-file ${folder}/key`,
    `tls-ca-cert-file ${folder}/ca.crt`,
    'tls-auth-clients no',
  ]
}

// Ends the server and removes its folder once our end of the pipe is closed, which the kernel sees to
// even when this process is killed.
function watchOver(folder: string) {
  const script = `
    cat > /dev/null
    if pid=$(cat "$1/pid" 2> /dev/null); then kill -CONT $pid 2> /dev/null; kill -KILL $pid 2> /dev/null; fi
    rm -rf "$1"`
  const janitor = spawn('/bin/sh', ['-c', script, 'janitor', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...serverUser,
  })
  janitor.unref()
  return janitor
}

const isListening = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })

/** What an operator would type; the connection is closed afterwards. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 2 })
  redis.on('error', () => {})
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** Three nodes without replicas that share the slots. */
export async function startCluster() {
  const lines = [
    'cluster-enabled yes',
    'cluster-node-timeout 2000',
    'cluster-require-full-coverage no',
  ]
  const nodes = await Promise.all([0, 1, 2].map(() => startRedis({ lines })))
  const slots = [
    [0, 5_460],
    [5_461, 10_922],
    [10_923, 16_383],
  ] as const
  const [first] = nodes
  for (const [index, node] of nodes.entries())
    await withRedis(node.url, async redis => {
      await redis.call('cluster', 'addslotsrange', ...slots[index]!.map(String))
      await redis.call('cluster', 'set-config-epoch', String(index + 1))
      await redis.call('cluster', 'meet', '127.0.0.1', String(first!.port))
    })
  for (const node of nodes)
    await eventually(
      () =>
        withRedis(node.url, async redis => {
          const about = String(await redis.call('cluster', 'info'))
          const links = String(await redis.call('cluster', 'nodes'))
          if (!/cluster_state:ok/.test(about) || links.match(/ connected /g)?.length !== 3)
            throw new Error(about)
        }),
      { withinMs: 15_000, everyMs: 50 },
    )
  return {
    nodes,
    url: `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    drop: async () => void (await Promise.all(nodes.map(node => node.drop()))),
  }
}

/** A master, its replica, and two Sentinels that change them over within about a second. */
export async function startSentinels() {
  const master = await startRedis()
  const replica = await startRedis({ lines: [`replicaof 127.0.0.1 ${master.port}`] })
  await eventually(() =>
    withRedis(replica.url, async redis => {
      if (!(await redis.info('replication')).includes('master_link_status:up')) throw new Error('!')
    }),
  )
  const lines = [
    `sentinel monitor main 127.0.0.1 ${master.port} 2`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ]
  const sentinels = await Promise.all([0, 1].map(() => startRedis({ mode: '--sentinel', lines })))
  for (const sentinel of sentinels)
    await eventually(
      () =>
        withRedis(sentinel.url, async redis => {
          const about = JSON.stringify(await redis.call('sentinel', 'master', 'main'))
          if (!/"num-slaves","1"/.test(about) || !/"num-other-sentinels","1"/.test(about))
            throw new Error(about)
        }),
      { withinMs: 15_000, everyMs: 50 },
    )
  const all = [master, replica, ...sentinels]
  return {
    master,
    replica,
    url: `redis://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    drop: async () => void (await Promise.all(all.map(server => server.drop()))),
  }
}

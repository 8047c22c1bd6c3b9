// Starts compositions of Zerg, each in a process of its own.

import { join } from 'node:path'
import { freePort } from '../lab/spawn-zerg.ts'
import { SECRET } from '../lab/zerg.ts'
import type { Composition } from './composed.ts'

export type Composed = { pid: number; url: string; token: string; stop(): Promise<void> }

/** Limits are counted and never reached. */
const FAR_AWAY = '1000000/1s'
const LIMITS = ['ADDRESS_READ', 'ADDRESS_WRITE', 'CALLER_READ', 'CALLER_WRITE']

/** `userId` is who asks where nobody shows a token, and whose access token it prints. */
export async function startComposed(
  what: Composition,
  { databaseUrl, userId }: { databaseUrl: string; userId: string },
): Promise<Composed> {
  const [http, grpc] = await Promise.all([freePort(), freePort()])
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'composed.ts'), what, userId], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: databaseUrl,
      ZERG_SECRET: SECRET,
      PORT: String(http),
      ZERG_GRPC_PORT: String(grpc),
      ...Object.fromEntries(LIMITS.map(name => [`ZERG_LIMIT_${name}`, FAR_AWAY])),
    },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { value } = await child.stdout.getReader().read()
  if (!value) throw new Error(`The ${what} composition ended with ${await child.exited}.`)
  const { port, token } = JSON.parse(new TextDecoder().decode(value)) as {
    port: number
    token: string
  }
  const stop = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  return { pid: child.pid, url: `http://127.0.0.1:${port}`, token, stop }
}

// Steady reads of signed-in callers, first alone and then beside a flood of sign-ins, on the executable
// and a PostgreSQL outside.

import { join } from 'node:path'
import postgres from 'postgres'
import { newId } from '#lib/id.ts'
import { PARAMETERS } from '#features/auth/hasher.ts'
import { authorization } from './credentials.ts'
import { type Figures, startRawClients } from './raw-client.ts'
import type { SignInFigures, SignIns } from './sign-ins.ts'
import { startZerg, type Zerg } from './zerg.ts'

export type SignInFloodTrial = { before: Figures; during: Figures; flood: SignInFigures }

type Wanted = { databaseUrl: string; perS: number; forMs: number }

const ACCOUNTS = 500
const PASSWORD = 'wide green rivers run slowly'

/** Half of the sign-ins show the right password; each comes from an address that few others come from. */
export async function runSignInFloodTrial(wanted: Wanted): Promise<SignInFloodTrial> {
  const { databaseUrl, perS, forMs } = wanted
  const emails = await makeAccounts(databaseUrl)
  const zerg = await startZerg({
    env: {
      DATABASE_URL: databaseUrl,
      ZERG_TRUSTED_PROXIES: '127.0.0.1/32',
      // As it is served, but for whoever reads: one client here stands for many.
      ZERG_LIMITS: 'true',
      ZERG_LIMIT_ADDRESS_READ: 'off',
      ZERG_LIMIT_CALLER_READ: 'off',
    },
  })
  try {
    // The first seconds of a process are no measure.
    await readsFor(zerg, 3_000)
    const before = await readsFor(zerg, forMs)
    const flood = startSignIns({ url: zerg.url, perS, emails, password: PASSWORD })
    try {
      // Until the queue is as long as it gets.
      await readsFor(zerg, 4_000)
      const during = await readsFor(zerg, forMs)
      return { before, during, flood: await flood.finish() }
    } finally {
      flood.kill()
    }
  } finally {
    await zerg.stop('SIGKILL')
  }
}

async function readsFor(zerg: Zerg, forMs: number): Promise<Figures> {
  const clients = startRawClients({
    port: Number(new URL(zerg.url).port),
    hosts: ['127.0.0.1'],
    connections: 16,
    pauseMaxMs: 40,
    method: 'GET',
    path: '/api/v1/tasks?limit=10',
    headers: authorization(zerg.key),
  })
  try {
    await clients.started
    await Bun.sleep(forMs)
    clients.finish()
    return await clients.figures
  } finally {
    clients.kill()
  }
}

function startSignIns(wanted: SignIns) {
  const program = join(import.meta.dir, 'sign-ins.ts')
  const child = Bun.spawn([process.execPath, program, JSON.stringify(wanted)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return {
    async finish(): Promise<SignInFigures> {
      void child.stdin.end()
      return JSON.parse(await new Response(child.stdout).text())
    },
    kill: () => child.kill('SIGKILL'),
  }
}

async function makeAccounts(databaseUrl: string): Promise<string[]> {
  const emails = Array.from({ length: ACCOUNTS }, () => `${newId()}@zerg.test`)
  const hash = await Bun.password.hash(PASSWORD, PARAMETERS)
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  try {
    const rows = emails.map(email => ({ id: newId(), name: 'Flood', email, password_hash: hash }))
    await sql`insert into users ${sql(rows)}`
    return emails
  } finally {
    await sql.end()
  }
}

// What authentication, limits and headers cost a read of one task: the app with all of them against
// the same app composed without, on one database.

import { createDatabase } from '../../tests/support/postgres.ts'
import { makeAsker } from './asker.ts'
import { startComposed } from './compositions.ts'
import { type Compared, compareCosts, requireSameBody, type Rounds } from './rounds.ts'

export type ProtectionFigure = Compared & { credential: 'API key' | 'access token' }

export async function measureProtection(rounds: Rounds): Promise<ProtectionFigure[]> {
  const database = await createDatabase({ version: '18' })
  const asker = await makeAsker(database.url, 200)
  const of = { databaseUrl: database.url, userId: asker.userId }
  const whole = await startComposed('whole', of)
  const without = await startComposed('unprotected', of)
  const path = `/api/v1/tasks/${asker.taskIds[0]}`
  const figures: ProtectionFigure[] = []
  try {
    for (const [credential, key] of [
      ['API key', asker.key],
      ['access token', whole.token],
    ] as const) {
      const both = [
        { pid: whole.pid, url: whole.url + path, key },
        { pid: without.pid, url: without.url + path },
      ] as const
      await requireSameBody(...both)
      await requireLeftOut(...both)
      figures.push({ credential, ...(await compareCosts(`by ${credential}`, both, rounds)) })
    }
    return figures
  } finally {
    await whole.stop()
    await without.stop()
    await database.drop()
  }
}

// A comparison with something that is not left out, or not there at all, would tell nothing.
async function requireLeftOut(whole: { url: string; key: string }, without: { url: string }) {
  const strange = await fetch(whole.url)
  const known = await fetch(whole.url, { headers: { authorization: `Bearer ${whole.key}` } })
  const bare = await fetch(without.url)
  const PART = ['x-content-type-options', 'ratelimit']
  const isWhole = strange.status === 401 && PART.every(name => known.headers.has(name))
  const isBare = bare.status === 200 && !PART.some(name => bare.headers.has(name))
  if (!isWhole) throw new Error('The app lacks authentication, limits or headers.')
  if (!isBare) throw new Error('The app composed without them still has some of them.')
}

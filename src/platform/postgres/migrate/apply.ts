// Applies what is pending, for whoever needs no more: the embedded database and its archive.

import { createMigrator, type Done } from './migrator.ts'
import type { Tell } from './progress.ts'
import { openSession, type SessionNeeds } from './session.ts'

/** Opens a session, migrates up, and closes it. @throws DatabaseFailure */
export async function applyMigrations(needs: SessionNeeds & { tell?: Tell }): Promise<Done[]> {
  const { tell, ...session } = needs
  const { sql, close } = await openSession(session)
  try {
    return await createMigrator({ sql, ...(tell ? { tell } : {}) }).up()
  } finally {
    await close()
  }
}

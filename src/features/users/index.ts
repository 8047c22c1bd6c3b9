// The door to users.

import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createUserRepository } from './repository.ts'
import { type Access, createUsers } from './service.ts'

export { USERS } from './policy.ts'
export { userRoutes } from './routes.ts'
export type { Access } from './service.ts'
export type Users = ReturnType<typeof createUsers>

type Needs = { database: Database; access: Access; once: Once; isRegistrationOpen: boolean }

export const openUsers = (needs: Needs): Users =>
  createUsers({ ...needs, repository: createUserRepository(), record, newId })

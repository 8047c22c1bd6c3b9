// The door to reading the audit log. Writing it is everybody's (platform/audit).

import { record } from '#platform/audit/record.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createAuditRepository } from './repository.ts'
import { createAudit } from './service.ts'

export { AUDIT } from './policy.ts'
export { auditRoutes } from './routes.ts'
export type Audit = ReturnType<typeof createAudit>

export const openAudit = ({ database }: { database: Database }): Audit =>
  createAudit({ database, repository: createAuditRepository(), record })

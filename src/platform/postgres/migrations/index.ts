// Every migration, in order. Appending one: two imports and one line of the list.

import usersDown from './0001_users.down.sql' with { type: 'text' }
import usersUp from './0001_users.up.sql' with { type: 'text' }
import projectsDown from './0002_projects.down.sql' with { type: 'text' }
import projectsUp from './0002_projects.up.sql' with { type: 'text' }
import tasksDown from './0003_tasks.down.sql' with { type: 'text' }
import tasksUp from './0003_tasks.up.sql' with { type: 'text' }
import processRunsDown from './0004_process_runs.down.sql' with { type: 'text' }
import processRunsUp from './0004_process_runs.up.sql' with { type: 'text' }
import identitiesDown from './0005_identities.down.sql' with { type: 'text' }
import identitiesUp from './0005_identities.up.sql' with { type: 'text' }
import sessionsDown from './0006_sessions.down.sql' with { type: 'text' }
import sessionsUp from './0006_sessions.up.sql' with { type: 'text' }
import apiKeysDown from './0007_api_keys.down.sql' with { type: 'text' }
import apiKeysUp from './0007_api_keys.up.sql' with { type: 'text' }
import auditDown from './0008_audit.down.sql' with { type: 'text' }
import auditUp from './0008_audit.up.sql' with { type: 'text' }
import idempotencyKeysDown from './0009_idempotency_keys.down.sql' with { type: 'text' }
import idempotencyKeysUp from './0009_idempotency_keys.up.sql' with { type: 'text' }
import periodicDown from './0010_periodic.down.sql' with { type: 'text' }
import periodicUp from './0010_periodic.up.sql' with { type: 'text' }

export type Migration = {
  version: number
  name: string
  up: string
  down: string
}

export const migrations: readonly Migration[] = [
  { version: 1, name: 'users', up: usersUp, down: usersDown },
  { version: 2, name: 'projects', up: projectsUp, down: projectsDown },
  { version: 3, name: 'tasks', up: tasksUp, down: tasksDown },
  { version: 4, name: 'process_runs', up: processRunsUp, down: processRunsDown },
  { version: 5, name: 'identities', up: identitiesUp, down: identitiesDown },
  { version: 6, name: 'sessions', up: sessionsUp, down: sessionsDown },
  { version: 7, name: 'api_keys', up: apiKeysUp, down: apiKeysDown },
  { version: 8, name: 'audit', up: auditUp, down: auditDown },
  { version: 9, name: 'idempotency_keys', up: idempotencyKeysUp, down: idempotencyKeysDown },
  { version: 10, name: 'periodic', up: periodicUp, down: periodicDown },
]

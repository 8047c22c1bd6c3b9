// An entry as the documentation shows it.

import type { AuditEntry, AuditPage } from './model.ts'

export const anEntry: AuditEntry = {
  id: '01939c2e-7a5f-7000-8000-000000001267',
  seq: 4711,
  at: '2024-12-06T15:20:30.815Z',
  caller_kind: 'user',
  caller_id: '01939c2e-7a00-7c11-8a52-0f1e2d3c4b5a',
  user_id: '01939c2e-7a00-7c11-8a52-0f1e2d3c4b5a',
  session_id: '01939c2e-7a10-7c12-9a53-1f1e2d3c4b5b',
  via: 'http',
  address: '192.0.2.17',
  request_id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4e',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  action: 'projects.change',
  kind: 'project',
  subject_id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
  project_id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
  outcome: 'done',
  reason: null,
  before: { name: 'Website', status: 'active' },
  after: { name: 'Website', status: 'archived' },
}

export const aPage: AuditPage = { data: [anEntry], next_cursor: null }

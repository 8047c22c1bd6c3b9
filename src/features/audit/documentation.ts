// What the API document says about each route of the audit log.

import { documented } from '#transport/http/docs/documented.ts'
import { anEntry, aPage } from './examples.ts'
import { AuditEntry, AuditPage, AuditQuery } from './model.ts'
import { AUDIT } from './policy.ts'

const tag = 'audit'
const needs = 'database'

export const listEntries = documented({
  id: 'listAuditEntries',
  rule: AUDIT.list,
  tag,
  needs,
  summary: 'List entries of the audit log',
  description:
    'The latest first, unless `sort` says otherwise. Conditions are combined. Reading the log is itself recorded in it, each page by an entry of its own. What the log proves, and how that is verified, is another matter: `zerg audit verify`.',
  query: AuditQuery,
  answers: {
    200: {
      description: 'One page of entries.',
      shape: AuditPage,
      example: aPage,
      headers: ['ETag', 'Link', 'Cache-Control'],
    },
  },
  errors: ['forbidden'],
})

export const getEntry = documented({
  id: 'getAuditEntry',
  rule: AUDIT.read,
  tag,
  needs,
  summary: 'Read an entry of the audit log',
  description: 'Reading it is itself recorded.',
  path: { id: 'Id of the entry.' },
  answers: {
    200: {
      description: 'The entry.',
      shape: AuditEntry,
      example: anEntry,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['audit_entry_not_found'],
})

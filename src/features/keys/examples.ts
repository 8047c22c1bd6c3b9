// One key as the documentation shows it, and what one might send about it.

import type { ApiKey, ApiKeyChange, ApiKeyPage, NewApiKey, NewSecret, Rotation } from './model.ts'

export const aKey: ApiKey = {
  id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
  user_id: '01939c2e-7a00-7c11-8a52-0f1e2d3c4b5a',
  name: 'Nightly import',
  prefix: 'zerg_key_Ab3d',
  scopes: ['tasks:read', 'tasks:write'],
  expires_at: '2027-11-24T00:00:00.000Z',
  last_used_at: '2026-11-24T10:30:00.456Z',
  revoked_at: null,
  rotated_at: null,
  overlap_until: null,
  version: 1,
  created_at: '2026-11-23T09:00:00.000Z',
  updated_at: '2026-11-23T09:00:00.000Z',
}

// Not a secret that works: its checksum does not fit.
const SECRET = 'zerg_key_Ab3dEXAMPLEEXAMPLEEXAMPLEEXAMPLE0'

export const aNewKey: NewSecret = { ...aKey, last_used_at: null, secret: SECRET }

export const aRotatedKey: NewSecret = {
  ...aKey,
  rotated_at: '2026-11-24T11:00:00.000Z',
  overlap_until: '2026-11-24T12:00:00.000Z',
  version: 2,
  updated_at: '2026-11-24T11:00:00.000Z',
  secret: SECRET,
}

export const aPage: ApiKeyPage = { data: [aKey], next_cursor: null }

export const newKeys: Record<'minimal' | 'with_an_end', NewApiKey> = {
  minimal: { name: 'Nightly import', scopes: ['tasks:read', 'tasks:write'] },
  with_an_end: {
    name: 'Nightly import',
    scopes: ['tasks:read', 'tasks:write'],
    expires_at: '2027-11-24T00:00:00Z',
  },
}

export const keyChanges: Record<'narrow' | 'only_version_1', ApiKeyChange> = {
  narrow: { scopes: ['tasks:read'] },
  only_version_1: { name: 'Hourly import', version: 1 },
}

export const rotations: Record<'usual' | 'leaked', Rotation> = {
  usual: { overlap_s: 3_600 },
  leaked: { overlap_s: 0 },
}

// One user as the documentation shows them, and what one might send about them.

import type { NewUser, Registration, SelfChange, User, UserChange, UserPage } from './model.ts'

export const aUser: User = {
  id: '01939c2e-7a5e-7c11-8a2b-5d0f1a2b3c4d',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  roles: ['user'],
  is_active: true,
  last_login_at: '2026-11-24T08:00:00.000Z',
  version: 2,
  created_at: '2026-11-23T09:00:00.000Z',
  updated_at: '2026-11-24T10:30:00.456Z',
}

export const aCreatedUser: User = {
  ...aUser,
  last_login_at: null,
  version: 1,
  updated_at: aUser.created_at,
}

export const aDisabledUser: User = { ...aUser, is_active: false, version: 3 }

export const aPage: UserPage = { data: [aUser], next_cursor: null }

export const newUsers: Record<'person' | 'service', NewUser> = {
  person: {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    roles: ['user'],
    password: 'several words of her own',
  },
  service: { name: 'Nightly import' },
}

export const userChanges: Record<'promote' | 'disable' | 'new_password', UserChange> = {
  promote: { roles: ['user', 'auditor'] },
  disable: { is_active: false, version: 2 },
  new_password: { password: 'some other words of hers' },
}

export const registrations: Record<'complete', Registration> = {
  complete: {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    password: 'several words of her own',
  },
}

export const selfChanges: Record<'name', SelfChange> = { name: { name: 'Ada King' } }

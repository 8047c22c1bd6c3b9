// One project and its members as the documentation shows them, and what one might send about them.

import type {
  Member,
  MemberPage,
  NewProject,
  Project,
  ProjectChange,
  ProjectPage,
  ProjectReplacement,
} from './model.ts'

const USER = '00000000-0000-7000-8000-000000000001'

export const aProject: Project = {
  id: '01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d',
  name: 'Annual report',
  description: 'Everything that has to be ready in March.',
  status: 'active',
  owner_id: USER,
  version: 2,
  created_at: '2026-11-23T09:00:00.000Z',
  updated_at: '2026-11-24T10:30:00.456Z',
}

export const aCreatedProject: Project = {
  ...aProject,
  version: 1,
  updated_at: aProject.created_at,
}

export const aPage: ProjectPage = { data: [aProject], next_cursor: null }

export const newProjects: Record<'minimal' | 'complete', NewProject> = {
  minimal: { name: 'Annual report' },
  complete: {
    name: 'Annual report',
    description: 'Everything that has to be ready in March.',
    status: 'active',
  },
}

export const projectChanges: Record<'archive' | 'only_version_1', ProjectChange> = {
  archive: { status: 'archived' },
  only_version_1: { name: 'Annual report 2026', version: 1 },
}

export const replacements: Record<'minimal', ProjectReplacement> = {
  minimal: { name: 'Annual report', version: 1 },
}

export const aMember: Member = {
  user_id: USER,
  role: 'owner',
  created_at: '2026-11-23T09:00:00.000Z',
  updated_at: '2026-11-23T09:00:00.000Z',
}

export const members: MemberPage = { data: [aMember], next_cursor: null }

// The table of commands, by who needs them. A new one is a file in `commands/` that exports a
// `command({…})`, and a row here; each is loaded only when it is run, so that help costs nothing.

import type { Command } from './command.ts'

export type Row = {
  /** One or two words, as typed. */
  name: string
  /** One line of at most 52 characters, without a full stop. */
  summary: string
  load(): Promise<Command>
}

export type Group = { title: string; rows: readonly Row[] }

const row = (name: string, summary: string, load: () => Promise<{ default: Command }>): Row => ({
  name,
  summary,
  load: async () => (await load()).default,
})

export const groups: readonly Group[] = [
  {
    title: 'In containers',
    rows: [
      row('serve', 'Run the server', () => import('./commands/serve.ts')),
      row(
        'config check',
        'Find every problem of a configuration',
        () => import('./commands/config/check.ts'),
      ),
      row(
        'migrate up',
        'Bring the schema of the database up to date',
        () => import('./commands/migrate/up.ts'),
      ),
      row(
        'migrate verify',
        'Compare applied migrations with this version',
        () => import('./commands/migrate/verify.ts'),
      ),
      row(
        'migrate grant',
        'Let a role serve, and nothing else',
        () => import('./commands/migrate/grant.ts'),
      ),
    ],
  },
  {
    title: 'For engineers',
    rows: [
      row(
        'openapi',
        'Print the document of the API (OpenAPI 3.1)',
        () => import('./commands/openapi.ts'),
      ),
      row(
        'migrate down',
        'Take back the latest migration',
        () => import('./commands/migrate/down.ts'),
      ),
      row(
        'config schema',
        'Print the JSON Schema of zerg.yaml',
        () => import('./commands/config/schema.ts'),
      ),
    ],
  },
  {
    title: 'On call',
    rows: [
      row(
        'migrate status',
        'Show which migrations are applied',
        () => import('./commands/migrate/status.ts'),
      ),
      row(
        'explain',
        'Say what an error code means and what to do',
        () => import('./commands/explain.ts'),
      ),
      row(
        'config show',
        'Show each setting and where it came from',
        () => import('./commands/config/show.ts'),
      ),
      row(
        'audit verify',
        'Find the first entry that was tampered with',
        () => import('./commands/audit/verify.ts'),
      ),
      row(
        'audit export',
        'Print the audit log as JSON lines or CSV',
        () => import('./commands/audit/export.ts'),
      ),
      row(
        'audit prune',
        'Forget what is older than it has to be',
        () => import('./commands/audit/prune.ts'),
      ),
      row('version', 'Show version, commit and runtime', () => import('./commands/version.ts')),
    ],
  },
  {
    title: 'Users and keys',
    rows: [
      row(
        'users create-admin',
        'Make an administrator',
        () => import('./commands/users/create-admin.ts'),
      ),
      row(
        'keys create',
        'Make an API key and print its secret',
        () => import('./commands/keys/create.ts'),
      ),
      row('keys list', 'List API keys', () => import('./commands/keys/list.ts')),
      row('keys show', 'Show one API key', () => import('./commands/keys/show.ts')),
      row(
        'keys rotate',
        'Give an API key a new secret and print it',
        () => import('./commands/keys/rotate.ts'),
      ),
      row('keys revoke', 'End an API key for good', () => import('./commands/keys/revoke.ts')),
      row(
        'keys rotate-signing',
        'Rotate the keys that tokens are signed with',
        () => import('./commands/keys/rotate-signing.ts'),
      ),
      row('token', 'Print a short-lived token for a script', () => import('./commands/token.ts')),
    ],
  },
  {
    title: 'For shells and scripts',
    rows: [
      row(
        'completion',
        'Print completions for bash, zsh or fish',
        () => import('./commands/completion.ts'),
      ),
    ],
  },
]

export const rows: readonly Row[] = groups.flatMap(group => group.rows)

/** What the first word of a command with two is about. */
export const FAMILIES: Readonly<Record<string, string>> = {
  audit: 'Verify, print and prune the audit log',
  config: 'Look at the configuration without starting anything',
  keys: 'Make, look at and end API keys; rotate signing keys',
  migrate: 'Bring the schema of the database to the version that is needed',
  users: 'Make users where nobody can sign in yet',
}

// Schemathesis (from PyPI, pinned), which makes requests out of the API document and holds the answers
// against it. Installed once into the cache; absent where there is no Python or no package index.

import { appendFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VERSION = '4.32.5'
const INSTALL_WITHIN_MS = 180_000

const folder = join(import.meta.dir, '../../.cache/schemathesis', VERSION)
const program = join(folder, 'bin/schemathesis')

/** Operations that may take a caller's own token away: to be asked apart, and last. */
export const ENDING: readonly string[] = [
  'logout',
  'endSession',
  'endOtherSessions',
  'changePassword',
  'changeUser',
  'removeUser',
  'revokeApiKey',
  'rotateApiKey',
  'rotateSigningKeys',
]

/** The program's path; undefined, and named in the report of the gate, where it cannot be had. */
export async function findSchemathesis(): Promise<string | undefined> {
  if (await Bun.file(program).exists()) return program
  if (await install()) return program
  const report = process.env['GATE_SKIPS']
  if (report)
    appendFileSync(
      report,
      `schemathesis: python3 with venv, and an index that has schemathesis ${VERSION}\n`,
    )
  return undefined
}

// Programs of such an environment name it by its path, so it is made where it stays; what a break has
// left half made has no program and is made anew.
async function install(): Promise<boolean> {
  if (Bun.which('python3') === null) return false
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  if (!(await succeeds(['python3', '-m', 'venv', folder]))) return false
  const pip = [join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet']
  const isInstalled = await succeeds([
    ...pip,
    '--disable-pip-version-check',
    `schemathesis==${VERSION}`,
  ])
  if (!isInstalled) await rename(folder, `${folder}.broken-${process.pid}`).catch(() => undefined)
  return isInstalled
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([...command], {
    stdout: 'ignore',
    stderr: 'ignore',
    timeout: INSTALL_WITHIN_MS,
  })
  return (await child.exited) === 0
}

export type Trial = {
  program: string
  url: string
  token: string | undefined
  /** Flags of `schemathesis run`: phases, bounds, operations. */
  flags: readonly string[]
}

export type Findings = { code: number | null; said: string; cases: number }

/** Asks everything that the document describes; code 0 where every answer is one that it promises. */
export async function runSchemathesis({ program, url, token, flags }: Trial): Promise<Findings> {
  const scratch = await mkdtemp(join(tmpdir(), 'zerg-schemathesis-'))
  try {
    await Bun.write(join(scratch, 'schemathesis.toml'), CONFIG)
    const child = Bun.spawn(
      [
        program,
        `--config-file=${join(scratch, 'schemathesis.toml')}`,
        'run',
        `${url}/openapi.json`,
        '--no-color',
        '--continue-on-failure',
        '--generation-database=none',
        ...(token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`]),
        ...flags,
      ],
      { cwd: scratch, stdout: 'pipe', stderr: 'pipe', timeout: RUN_WITHIN_MS },
    )
    const [out, talk, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    const said = out + talk
    return { code, said, cases: Number(/(\d+) generated/.exec(said)?.[1] ?? 0) }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const RUN_WITHIN_MS = 900_000

// A deadline that the client shortens itself would end in 504, as it should.
const CONFIG = `
[checks]
enabled = false
not_a_server_error.enabled = true
status_code_conformance.enabled = true
content_type_conformance.enabled = true
response_headers_conformance.enabled = true
response_schema_conformance.enabled = true
use_after_free.enabled = true
ignored_auth.enabled = true
negative_data_rejection.enabled = true
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 422, 429, 431]

[parameters]
"header.Request-Timeout" = "10s"
`

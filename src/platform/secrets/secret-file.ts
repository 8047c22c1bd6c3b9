// The master secret of a machine that was given none: made once, and kept in a file that only its
// user can read. Two processes that start at the same moment end up with the same one.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { StartFailure } from '#lib/start-failure.ts'
import { codeOf } from '../postgres/errors.ts'

const BYTES = 32
const CHARACTERS_MIN = 32

/** What `<directory>/secret` holds, made if need be. @throws StartFailure */
export function readSecretFile(directory: string): string {
  const file = path.resolve(directory, 'secret')
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!fs.existsSync(file)) make(file)
    requirePrivate(file)
    return requireLong(file, fs.readFileSync(file, 'utf8').trim())
  } catch (error) {
    throw error instanceof StartFailure ? error : explain(error, file)
  }
}

// Written whole beside it and then linked: a file of this name is never half a secret, and of two
// processes one is first.
function make(file: string): void {
  const draft = `${file}.${process.pid}`
  fs.writeFileSync(draft, `${randomBytes(BYTES).toString('base64url')}\n`, { mode: 0o600 })
  try {
    fs.linkSync(draft, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

// Windows has other means, which the mode does not show.
function requirePrivate(file: string): void {
  const mode = fs.statSync(file).mode & 0o777
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new StartFailure(
    `${file} holds the master secret, and others than its user may read or change it (mode ${mode.toString(8)}).`,
    {
      fix: `Run chmod 600 ${file}; if somebody may have read it, delete it, which ends every session.`,
    },
  )
}

function requireLong(file: string, secret: string): string {
  if (secret.length >= CHARACTERS_MIN) return secret
  throw new StartFailure(`${file} holds no master secret, but ${secret.length} characters.`, {
    fix: 'Restore it, or delete it to have a new one made, which ends every session.',
  })
}

const explain = (cause: unknown, file: string) =>
  new StartFailure(`The master secret cannot be kept in ${file} (${codeOf(cause) || 'unknown'}).`, {
    fix: 'Make the folder writable for this user, name another one with --data-dir, or set ZERG_SECRET.',
    cause,
  })

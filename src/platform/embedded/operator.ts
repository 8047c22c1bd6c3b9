// The credential by which the command line beside a data directory speaks to the instance that has
// it: made anew at every start, in a file that only its user can read, and gone with the instance.

import { timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type Authenticate, type Identity, OPERATOR } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { hashToken, newToken } from '#lib/secret-token.ts'
import { writePrivateFile } from './private-file.ts'

const FILE = 'operator-token'

export type OperatorAccess = ReturnType<typeof createOperatorAccess>

type Given = {
  /** Null where nothing is kept on disk: then there is no such credential. */
  dataDir: string | null
  /** The address that the ports are bound to. */
  host: string
}

export function createOperatorAccess({ dataDir, host }: Given) {
  const token = newToken('op')
  const hash = hashToken(token)
  return {
    authenticate,
    /** The file; to be opened once the instance listens. */
    resource: {
      start: () => {
        if (dataDir !== null) writePrivateFile(path.join(dataDir, FILE), `${token}\n`)
      },
      close: () => {
        if (dataDir !== null) fs.rmSync(path.join(dataDir, FILE), { force: true })
      },
    },
  }

  /** @throws AppError `invalid_token`: another token, or from another machine. */
  function authenticate(...[given, { address }]: Parameters<Authenticate>): Identity {
    const from = typeof address === 'function' ? address() : address
    const isOurs = dataDir !== null && timingSafeEqual(hashToken(given), hash)
    if (isOurs && from && isThisMachine(from, host)) return OPERATOR
    throw new AppError('invalid_token', 'The operator token is not valid here.')
  }
}

/** The token of the instance that has the directory. @throws Error where it cannot be read. */
export const readOperatorToken = (dataDir: string): string =>
  fs.readFileSync(path.join(dataDir, FILE), 'utf8').trim()

// Who comes to an address of this machine from that very address is on this machine.
const isThisMachine = (address: string, host: string): boolean =>
  /^(?:::ffff:)?127\.|^::1$/.test(address) || address === host

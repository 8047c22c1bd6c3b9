// Where the master secret comes from: the settings, else a file beside the data, else memory.

import { randomBytes } from 'node:crypto'
import { readSecretFile } from './secret-file.ts'
import { createSecrets, type Secrets } from './secrets.ts'

export type { Deriver, Secrets } from './secrets.ts'

type Given = {
  secret: string | undefined
  secretPrevious: string | undefined
  dataDir: string
  /** Nothing is kept on disk, so neither is a secret that was made up. */
  ephemeral: boolean
}

/** @throws StartFailure where the file can be neither read nor made. */
export const openSecrets = ({ secret, secretPrevious, dataDir, ephemeral }: Given): Secrets =>
  createSecrets({ secret: secret ?? madeUp(dataDir, ephemeral), previous: secretPrevious })

const madeUp = (dataDir: string, ephemeral: boolean): string =>
  ephemeral ? randomBytes(32).toString('base64url') : readSecretFile(dataDir)

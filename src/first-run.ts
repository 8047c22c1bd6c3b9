// The first run: a new embedded database gets an administrator and a key to begin with, which is shown
// on a terminal or left in a file, and never in a log. With PostgreSQL nothing is made by itself.

import path from 'node:path'
import type { Config } from '#config/schema.ts'
import { StartFailure } from '#lib/start-failure.ts'
import { writePrivateFile } from '#platform/embedded/private-file.ts'
import type { Embedded } from '#platform/embedded/index.ts'
import type { Log } from '#platform/observability/log.ts'
import type { App } from './app.ts'

type Given = {
  app: Pick<App, 'keys'>
  config: Config
  embedded: Embedded | undefined
  /** Somebody is there to see what is shown. */
  isWatched: boolean
  log: Log
}

/** The new key, where it is to be shown; undefined where there is none, or it is in a file. */
export type FirstKey = string | undefined

const WAIT_MAX_MS = 10_000
const FILE = 'bootstrap-key'

/** @throws StartFailure where the file cannot be written. */
export async function firstRun(given: Given): Promise<FirstKey> {
  const { app, config, embedded, isWatched, log } = given
  const { firstRun } = app.keys
  const signal = AbortSignal.timeout(WAIT_MAX_MS)
  const file = fileOf(given)
  let shown: FirstKey
  if (embedded && (file !== undefined || isWatched)) {
    const isMade = await firstRun.bootstrap(signal, secret => {
      if (file === undefined) shown = secret
      else write(file, secret)
    })
    if (isMade && file !== undefined) log.info({ file }, 'bootstrap_key_written')
    if (isMade) return shown
  }
  if (!(await firstRun.hasAdmin(signal))) log.warn({ fix: fixOf(config) }, 'no_administrator')
  return undefined
}

function fileOf({ config, embedded, isWatched }: Given): string | undefined {
  if (config.keys.bootstrapFile !== undefined) return path.resolve(config.keys.bootstrapFile)
  if (isWatched || !embedded || embedded.dataDir === null) return undefined
  return path.join(embedded.dataDir, FILE)
}

function write(file: string, secret: string): void {
  try {
    writePrivateFile(file, `${secret}\n`)
  } catch (cause) {
    throw new StartFailure(`The first API key cannot be written to ${file}.`, {
      fix: 'Name a file in a folder that this user may write to with ZERG_BOOTSTRAP_KEY_FILE.',
      cause,
    })
  }
}

const fixOf = ({ database, embedded }: Config): string =>
  database.url === undefined && embedded.ephemeral
    ? 'Nobody can sign in: start it on a terminal, or name a file with ZERG_BOOTSTRAP_KEY_FILE.'
    : 'Nobody can sign in: make an administrator with `zerg users create-admin`.'

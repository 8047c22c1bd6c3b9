// Which way an operator's command takes: to an instance over HTTP, or into the data itself.

import fs from 'node:fs'
import path from 'node:path'
import { loadConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { processVariables } from '#config/sources.ts'
import { findInstance, type Holder } from '#platform/embedded/lock.ts'
import { readOperatorToken } from '#platform/embedded/operator.ts'
import { CommandError, usageError } from '../exit.ts'
import { hostInUrl } from '../output/banner.ts'
import { typedSettings } from '../setting-flags.ts'
import { connect } from './connect.ts'
import type { Send } from './operator.ts'

type Args = Readonly<Record<string, unknown>>

export type Way = { send: Send; close(): Promise<void> }

/** @throws CommandError, ConfigError, or what opening the data says. */
export async function chooseWay(args: Args): Promise<Way> {
  const variables = processVariables()
  const url = textOf(args['url']) ?? variables['ZERG_URL']
  if (url) return connect({ url: rootOf(url), token: keyOf(args, variables) })
  if (textOf(args['key-file']) !== undefined)
    throw usageError('--key-file is for another instance.', 'Name it with --url as well.')

  const { config } = loadConfig({ flags: typedSettings(args) })
  const { dataDir } = config.embedded
  const instance = isOnDisk(config) ? findInstance(dataDir) : undefined
  if (instance) return connect({ url: urlOf(instance, dataDir), token: localToken(dataDir) })

  // Loaded here, so that asking another instance stays quick.
  const { openOperator } = await import('../../src/operator.ts')
  const { ask, close } = await openOperator(config)
  return { send: ask, close }
}

function isOnDisk({ database, embedded }: Config): boolean {
  if (database.url !== undefined) return false
  if (!embedded.ephemeral) return true
  throw new CommandError('There is no data: --ephemeral keeps it in the memory of one server.', {
    fix: 'Name that server with --url, or leave ZERG_EPHEMERAL out.',
  })
}

function rootOf(url: string): string {
  const root = URL.canParse(url) ? new URL(url) : undefined
  const isRoot = root?.pathname === '/' && root.search === '' && root.username === ''
  if (isRoot && /^https?:$/.test(root.protocol)) return root.origin
  throw usageError(
    'The URL is not the root of an instance.',
    'Write it as https://zerg.example.com, without a path, and the key in ZERG_KEY.',
  )
}

function keyOf(args: Args, variables: ReturnType<typeof processVariables>): string {
  const named = textOf(args['key-file'])
  const file = named ?? (variables['ZERG_KEY'] ? undefined : variables['ZERG_KEY_FILE'])
  const key = file ? readKey(file) : variables['ZERG_KEY']?.trim()
  if (key) return key
  throw usageError(
    'There is no key for that instance.',
    'Put one into ZERG_KEY, or name a file that holds it with --key-file.',
  )
}

function readKey(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new CommandError(`The key file ${file} cannot be read (${reasonOf(cause)}).`, {
      fix: 'Name a file that this user may read.',
    })
  }
}

function urlOf({ pid, ports, address }: Holder, dataDir: string): string {
  const port = ports['http']
  if (port !== undefined) return `http://${hostInUrl(address ?? '127.0.0.1')}:${port}`
  const where = path.resolve(dataDir)
  throw new CommandError(`Process ${pid} has ${where} and does not answer HTTP (yet).`, {
    fix: 'Wait until it is ready; it needs the role api. Or stop it.',
  })
}

function localToken(dataDir: string): string {
  try {
    return readOperatorToken(dataDir)
  } catch (cause) {
    throw new CommandError(
      `The operator token in ${path.resolve(dataDir)} cannot be read (${reasonOf(cause)}).`,
      {
        fix: 'Run this as the user who runs the server, or name it with --url and use an API key.',
      },
    )
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

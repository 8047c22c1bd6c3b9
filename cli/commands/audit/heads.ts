// Heads that were kept outside the database, from a flag or a file.

import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { headsIn, type KeptHead } from '#platform/audit/kept-heads.ts'
import { CommandError, usageError } from '../../exit.ts'

/** @throws CommandError where one was named that is none. */
export async function readHeads(head: string | undefined, file: string | undefined) {
  const given = head === undefined ? [] : headsIn(head)
  if (head !== undefined && given.length === 0)
    throw usageError(
      '--head is no head.',
      'It begins with h1. and stands in the lines `audit_sealed` of a server’s log.',
    )
  return file === undefined ? given : [...given, ...(await readFile(file))]
}

// Line by line, since logs are long.
async function readFile(file: string): Promise<KeptHead[]> {
  const heads: KeptHead[] = []
  try {
    const input = file === '-' ? process.stdin : fs.createReadStream(file)
    for await (const line of createInterface({ input, crlfDelay: Infinity }))
      heads.push(...headsIn(line))
  } catch (cause) {
    throw new CommandError(`${file} cannot be read (${reasonOf(cause)}).`, {
      fix: 'Name a file that this user may read, or - for standard input.',
    })
  }
  if (heads.length > 0) return heads
  throw new CommandError(`There is no head in ${file}.`, {
    fix: 'Name a log that has lines `audit_sealed`: servers write them at the level info.',
  })
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

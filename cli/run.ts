// From the words on a command line to a command, and to the code that the process ends with.

import { nearest } from '#lib/suggest.ts'
import { checkedArguments } from './arguments.ts'
import { FAMILIES, type Row, rows } from './commands.ts'
import { EXIT, type ExitCode, usageError } from './exit.ts'
import { tellFailure } from './failure.ts'
import { commandPage, exitPage, familyPage, overview } from './help.ts'
import { print } from './output/print.ts'

/** Runs one command; whatever it throws becomes words on stderr and a code. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  try {
    return await dispatch(argv)
  } catch (error) {
    try {
      return tellFailure(error)
    } catch {
      // Nobody reads stderr either.
      return EXIT.failed
    }
  }
}

async function dispatch(argv: readonly string[]): Promise<ExitCode> {
  const [first = '--help', ...rest] = argv
  if (first === '--help' || first === '-h') return show(overview())
  if (first === '--version' || first === '-v') return dispatch(['version', ...rest])
  if (first === 'help') return help(rest)
  const found = findRow(argv)
  if (!found) return unknown(first, rest)

  const { row, args } = found
  const command = await row.load()
  if (asksForHelp(args)) return show(commandPage(row, command))
  return command.run(checkedArguments(args, command.args, `See \`zerg ${row.name} --help\`.`))
}

async function help(words: readonly string[]): Promise<ExitCode> {
  if (words.length === 0 || asksForHelp(words)) return show(overview())
  return words[0] === 'exit' ? show(exitPage()) : dispatch([...words, '--help'])
}

function findRow(argv: readonly string[]): { row: Row; args: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const row = rows.find(({ name }) => name === argv.slice(0, count).join(' '))
    if (row) return { row, args: argv.slice(count) }
  }
  return undefined
}

function unknown(first: string, rest: readonly string[]): ExitCode {
  if (Object.hasOwn(FAMILIES, first)) return unknownInFamily(first, rest)
  if (first.startsWith('-'))
    throw usageError(`A command comes before ${first}.`, 'See `zerg --help`.')
  const words = [...new Set(rows.map(({ name }) => name.split(' ')[0]!)), 'help']
  const meant = nearest(first, words)
  throw usageError(
    `There is no command ${first}.`,
    meant ? `Did you mean \`zerg ${meant}\`?` : 'See `zerg --help`.',
  )
}

function unknownInFamily(word: string, rest: readonly string[]): ExitCode {
  if (asksForHelp(rest)) return show(familyPage(word))
  const members = rows
    .filter(({ name }) => name.startsWith(`${word} `))
    .map(({ name }) => name.slice(word.length + 1))
  const given = rest[0]
  if (given === undefined || given.startsWith('-'))
    throw usageError(
      `\`zerg ${word}\` needs one of ${members.join(', ')}.`,
      `See \`zerg ${word} --help\`.`,
    )
  const meant = nearest(given, members)
  throw usageError(
    `There is no command ${word} ${given}.`,
    meant ? `Did you mean \`zerg ${word} ${meant}\`?` : `See \`zerg ${word} --help\`.`,
  )
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? args.length : end).some(arg => arg === '--help' || arg === '-h')
}

function show(text: string): ExitCode {
  print(text)
  return EXIT.ok
}

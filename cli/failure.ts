// What is said when a command fails, and the code that it ends with. Never a stack.

import { ConfigError, printable, sentenceOf } from '#config/problem.ts'
import { isAppError } from '#lib/errors.ts'
import { CommandError, EXIT, type ExitCode } from './exit.ts'
import { ReaderGone } from './output/stream.ts'
import { talk } from './output/talk.ts'

export function tellFailure(error: unknown): ExitCode {
  if (error instanceof ReaderGone) return EXIT.ok
  if (error instanceof ConfigError) {
    for (const problem of error.problems) talk.error(`${sentenceOf(problem)}\n  ${problem.fix}`)
    return EXIT.configuration
  }
  if (error instanceof CommandError) {
    talk.error(`${error.message}\n  ${error.fix}`)
    return error.exitCode
  }
  if (hasFix(error)) {
    talk.error(`${error.message}\n  ${error.fix}`)
    return EXIT.failed
  }
  if (isAppError(error)) {
    talk.error(`${error.message}\n  \`zerg explain ${error.code}\` says more.`)
    return EXIT.failed
  }
  const message = error instanceof Error ? error.message : String(error)
  talk.error(`Something went wrong that was not foreseen: ${printable(message)}`)
  return EXIT.failed
}

/** Failures of a start, of the database and the like tell what to do about them. */
const hasFix = (error: unknown): error is Error & { fix: string } =>
  error instanceof Error && 'fix' in error && typeof error.fix === 'string'

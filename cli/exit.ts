// How a command ends: the exit codes, which are a promise to scripts, and the errors that carry one.

export const EXIT = { ok: 0, failed: 1, usage: 2, forced: 3, configuration: 78 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Whole sentences; `zerg --help` and the documents tell them. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Done; a server has drained.',
  failed: 'It failed; stderr says why.',
  usage: 'The command line was not understood.',
  forced: 'A shutdown had to cut something, or the watchdog ended it.',
  configuration: 'The configuration has problems.',
}

/** A failure that was foreseen: what happened, and what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly fix: string
  readonly exitCode: ExitCode

  constructor(what: string, { fix, exitCode = EXIT.failed }: { fix: string; exitCode?: ExitCode }) {
    super(what)
    this.fix = fix
    this.exitCode = exitCode
  }
}

export const usageError = (what: string, fix: string): CommandError =>
  new CommandError(what, { fix, exitCode: EXIT.usage })

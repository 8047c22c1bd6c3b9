// What a command is. citty parses its arguments and types them; the rest of cli knows this shape only.

import { type ArgsDef, type CommandContext, defineCommand, runCommand } from 'citty'
import type { ExitCode } from './exit.ts'

export type Example = readonly [line: string, says: string]

/** What a command says about itself beside its one-line summary, which is in the table of commands. */
type About = {
  /** More than the summary says; whole sentences. */
  details?: string
  examples: readonly [Example, ...Example[]]
  /** Lists every setting as a flag in the help, or only mentions that they are. */
  settings?: 'listed' | 'mentioned'
  /** What a shell completes for a positional argument. */
  completes?: Readonly<Record<string, readonly string[]>>
}

export type Command = About & {
  args: ArgsDef
  /** The arguments after the command's name, already checked. */
  run(rawArgs: readonly string[]): Promise<ExitCode>
}

type Definition<T extends ArgsDef> = About & {
  args: T
  run(
    context: Pick<CommandContext<T>, 'args'>,
  ): ExitCode | undefined | void | Promise<ExitCode | undefined | void>
}

/** Nothing returned means that all went well. */
export function command<const T extends ArgsDef>({ args, run, ...about }: Definition<T>): Command {
  return {
    ...about,
    args,
    run: async rawArgs => {
      let code: ExitCode | undefined | void
      const runs = defineCommand({
        args,
        run: async (context: CommandContext<T>) => {
          code = await run(context)
        },
      })
      await runCommand(runs, { rawArgs: [...rawArgs] })
      return code ?? 0
    },
  }
}

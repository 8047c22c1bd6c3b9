// Variables of the runtime inside the executable that run other code in its place, or let others look
// into it. They took effect before our first line; production stops there (docs/security.md).

import type { Environment } from './kinds.ts'
import type { ConfigProblem } from './problem.ts'
import type { Variables } from './sources.ts'

const REFUSED: Readonly<Record<string, string>> = {
  BUN_OPTIONS: 'gives the runtime flags, such as one that runs other code first',
  BUN_INSPECT: 'opens a debugger, through which anybody who reaches it runs code',
  BUN_INSPECT_CONNECT_TO: 'connects to a debugger, which runs code',
  BUN_INSPECT_PRELOAD: 'runs other code first',
}

/** One for each that is set, in production. No value is shown. */
export function runtimeProblems(variables: Variables, mode: Environment): ConfigProblem[] {
  if (mode !== 'production') return []
  return Object.entries(REFUSED)
    .filter(([name]) => variables[name])
    .map(([name, does]) => ({
      name,
      value: null,
      source: 'environment',
      reason: `${does}, which production refuses`,
      fix: `Remove ${name} from the environment of the process.`,
    }))
}

// The executable begins here. The commands are listed in `commands.ts`.

import { noteSignals } from './early-signals.ts'

// A server may be told to stop before its code has been loaded.
if (process.argv[2] === 'serve') noteSignals()
const { run } = await import('./run.ts')

// Everything has been written by now, so nothing is lost by ending at once.
process.exit(await run(process.argv.slice(2)))

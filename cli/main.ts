// The executable begins here. The commands are listed in `commands.ts`.

import { run } from './run.ts'

// Everything has been written by now, so nothing is lost by ending at once.
process.exit(await run(process.argv.slice(2)))

// Which Zerg this is, for bug reports and scripts.

import { COMMIT, VERSION } from '#lib/version.ts'
import { command } from '../command.ts'
import { printJson } from '../output/json.ts'
import { print } from '../output/print.ts'

export default command({
  examples: [
    ['zerg version', 'One line.'],
    ['zerg version --json', 'The same for scripts.'],
  ],
  args: { json: { type: 'boolean', description: 'Print JSON.' } },
  run({ args }) {
    const platform = `${process.platform}-${process.arch}`
    if (args.json)
      return printJson({ version: VERSION, commit: COMMIT, bun: Bun.version, platform })
    return print(`zerg ${VERSION} (${COMMIT}), Bun ${Bun.version}, ${platform}`)
  },
})

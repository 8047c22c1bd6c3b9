// Every problem of a configuration at once, before a start meets the first of them.

import { readConfig } from '#config/load.ts'
import { sentenceOf } from '#config/problem.ts'
import { command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { settingFlags, typedSettings } from '../../setting-flags.ts'

export default command({
  details: 'Ends with 0, or with 78 where there are problems.',
  settings: 'mentioned',
  examples: [
    ['zerg config check', 'The configuration that `zerg serve` would get here.'],
    ['zerg config check --env=production', 'What production would refuse.'],
    ['zerg config check --json', 'The same for scripts.'],
  ],
  args: { json: { type: 'boolean', description: 'Print JSON.' }, ...settingFlags },
  run({ args }) {
    const { problems } = readConfig({ flags: typedSettings(args) })
    if (args.json) printJson({ ok: problems.length === 0, problems })
    else if (problems.length === 0) print('The configuration has no problems.')
    else for (const problem of problems) print(`${sentenceOf(problem)}\n  ${problem.fix}`)
    return problems.length === 0 ? EXIT.ok : EXIT.configuration
  },
})

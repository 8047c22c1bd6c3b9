// Each setting with its value and where that came from.

import { readConfig } from '#config/load.ts'
import { ConfigError, shownText, sourceOf } from '#config/problem.ts'
import { command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { tellFailure } from '../../failure.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { table } from '../../output/table.ts'
import { settingFlags, typedSettings } from '../../setting-flags.ts'

export default command({
  details: 'Secrets are masked. Problems, if there are any, follow on stderr.',
  settings: 'mentioned',
  examples: [
    ['zerg config show', 'What `zerg serve` would run with here.'],
    ['zerg config show --json', 'The same for scripts.'],
  ],
  args: { json: { type: 'boolean', description: 'Print JSON.' }, ...settingFlags },
  run({ args }) {
    const { resolved, problems } = readConfig({ flags: typedSettings(args) })
    const shown = resolved.map(({ placed: { setting, key }, value, origin, isValid }) => ({
      name: setting.name,
      key,
      value: value === undefined ? null : shownText(setting, setting.kind.show(value)),
      source: isValid ? sourceOf(origin) : `default (that of ${sourceOf(origin)} is refused)`,
    }))
    if (args.json) printJson(shown)
    else print(table([['SETTING', 'VALUE', 'SOURCE'], ...shown.map(lineOf)]))
    return problems.length === 0 ? EXIT.ok : tellFailure(new ConfigError(problems))
  },
})

const lineOf = (setting: { name: string; value: string | null; source: string }) => [
  setting.name,
  setting.value === null || setting.value === '' ? '-' : setting.value,
  setting.source,
]

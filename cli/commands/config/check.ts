// Every problem of a configuration at once, before a start meets the first of them.

import { readConfig } from '#config/load.ts'
import { type ConfigProblem, problemOf, type Resolved, sentenceOf } from '#config/problem.ts'
import type { Config } from '#config/schema.ts'
import type { Findings, Reached } from '../../../src/reach.ts'
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
    [
      'zerg config check --connect',
      'Also whether the database, Redis and the Tasks service are fit.',
    ],
    ['zerg config check --env=production', 'What production would refuse.'],
    ['zerg config check --json', 'The same for scripts.'],
  ],
  args: {
    connect: {
      type: 'boolean',
      description: 'Try the database, Redis and the Tasks service as well.',
    },
    json: { type: 'boolean', description: 'Print JSON.' },
    ...settingFlags,
  },
  async run({ args }) {
    const { config, resolved, problems } = readConfig({ flags: typedSettings(args) })
    // What a broken configuration names is not worth a try.
    const isTried = args.connect === true && problems.length === 0
    const { reached, unfit } = isTried ? await tryOut(config) : { reached: [], unfit: [] }
    const all = [...problems, ...unfit.map(({ setting, ...why }) => blame(resolved, setting, why))]

    if (args.json) printJson({ ok: all.length === 0, problems: all, ...(isTried && { reached }) })
    else print(inWords(all, reached))
    return all.length === 0 ? EXIT.ok : EXIT.configuration
  },
})

async function tryOut(config: Config): Promise<Findings> {
  // Loaded here, so that a plain check stays quick.
  const { reach } = await import('../../../src/reach.ts')
  return await reach(config, AbortSignal.timeout(config.lifecycle.startTimeoutMs))
}

function blame(
  resolved: readonly Resolved[],
  setting: string,
  why: Pick<ConfigProblem, 'reason' | 'fix'>,
) {
  return problemOf(
    resolved.find(({ placed }) => placed.setting.name === setting)!,
    why,
  )
}

function inWords(problems: readonly ConfigProblem[], reached: readonly Reached[]): string {
  return [
    ...reached.map(({ setting, remark }) => `${setting} ${remark}.`),
    ...problems.map(problem => `${sentenceOf(problem)}\n  ${problem.fix}`),
    ...(problems.length === 0 ? ['The configuration has no problems.'] : []),
  ].join('\n')
}

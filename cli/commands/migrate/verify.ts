// Whether what was applied is what this executable would apply.

import { command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { sharedFlags, withMigrator } from './open.ts'

const SENTENCES = {
  changed: 'was applied from another text; put that text back, and the change into a new migration',
  pending: 'is pending; `zerg migrate up` applies it',
  unknown: 'was applied by a newer Zerg, which is fine during an update',
} as const

export default command({
  details:
    'Ends with 1 where a migration was changed after it was applied or is still pending. What a newer Zerg has applied is told and accepted.',
  settings: 'mentioned',
  examples: [
    ['zerg migrate verify', 'For a pipeline, before the new version is let in.'],
    ['zerg migrate verify --json', 'The same for scripts.'],
  ],
  args: sharedFlags,
  async run({ args }) {
    const all = await withMigrator(args, migrator => migrator.status())
    const found = all.flatMap(({ version, name, state }) =>
      state === 'applied' ? [] : [{ version, name, state, remark: SENTENCES[state] }],
    )
    const ok = found.every(({ state }) => state === 'unknown')
    if (args.json) printJson({ ok, found })
    else if (found.length === 0)
      print(`All ${all.length} migrations are applied as they are written.`)
    else for (const { version, name, remark } of found) print(`${version} (${name}) ${remark}.`)
    return ok ? EXIT.ok : EXIT.failed
  },
})

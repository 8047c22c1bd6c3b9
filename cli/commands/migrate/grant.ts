// Lets a role serve and nothing else.

import { grantServing } from '#platform/postgres/migrate/grant.ts'
import { command } from '../../command.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { sharedFlags, withSession } from './open.ts'

export default command({
  details:
    'The role may then read and write rows, also of tables that later migrations make, and can create, alter or drop nothing. Run it as the role that migrates; DATABASE_URL of `zerg serve` then names the other. Where everybody may create in the schema, as in "public" before PostgreSQL 15, that right is taken away.',
  settings: 'mentioned',
  examples: [
    ['zerg migrate grant zerg_serve', 'After: create role zerg_serve login password …'],
    ['zerg migrate grant zerg_serve --json', 'The same for scripts.'],
  ],
  args: {
    role: {
      type: 'positional',
      required: true,
      description: 'The role that `zerg serve` logs in as.',
    },
    ...sharedFlags,
  },
  async run({ args }) {
    const granted = await withSession(args, ({ sql }) => grantServing(sql, args.role))
    const { role, schema, tables } = granted
    if (args.json) printJson(granted)
    else print(`${role} may now serve from schema ${schema}: ${tables.join(', ')}.`)
  },
})

// Every API key, without its secret.

import { command } from '../../command.ts'
import { userIdOf } from '../../operator/flags.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { table } from '../../output/table.ts'
import { type Key, stateOf } from './key.ts'

export default command({
  details: OPERATOR_DETAILS,
  settings: 'mentioned',
  examples: [
    ['zerg keys list', 'Those that are not revoked, the newest first.'],
    ['zerg keys list --user=ada@example.com --revoked', 'All that a user ever had.'],
    ['zerg keys list --json', 'The same for scripts.'],
  ],
  args: {
    user: {
      type: 'string',
      valueHint: 'user',
      description: 'Only those of one user, by e-mail address or id.',
    },
    revoked: { type: 'boolean', description: 'Those that are revoked as well.' },
    ...operatorFlags,
  },
  async run({ args }) {
    const keys = await withOperator(args, async operator => {
      const found: Key[] = []
      const query = {
        user_id: await userIdOf(operator, args.user),
        revoked: args.revoked ? undefined : 'false',
        limit: '200',
      }
      for await (const page of operator.pages<Key>('/keys', query)) found.push(...page)
      return found
    })
    if (args.json) return printJson({ keys })
    print(table([['ID', 'NAME', 'USER', 'STATE', 'EXPIRES', 'LAST USED'], ...keys.map(lineOf)]))
  },
})

const lineOf = (key: Key) => [
  key.id,
  key.name,
  key.user_id,
  stateOf(key),
  key.expires_at ?? '-',
  key.last_used_at ?? '-',
]

// Makes an API key, and prints its secret.

import { SCOPES } from '#lib/scope.ts'
import { command } from '../../command.ts'
import { usageError } from '../../exit.ts'
import { onMissingUser, scopesOf, spanOf, userIdOf } from '../../operator/flags.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'
import type { KeyWithSecret } from './key.ts'

export default command({
  details: `Prints the secret, this once, and nothing else to stdout. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    [
      'zerg keys create --name=Import --user=ada@example.com --scopes=tasks:read,tasks:write',
      'For a service that acts for a user.',
    ],
    ['zerg keys create --name=CI --scopes=all --expires-in=90d --url=https://…', 'For oneself.'],
    ['zerg keys create --name=CI --scopes=all --user=… --json', 'The key with all it has.'],
  ],
  args: {
    name: { type: 'string', description: 'What the key is for.' },
    scopes: {
      type: 'string',
      description: `What it may do at most: ${SCOPES.join(', ')}, separated by commas, or all.`,
    },
    user: {
      type: 'string',
      valueHint: 'user',
      description: 'Whom it acts for, by e-mail address or id; with --url oneself unless stated.',
    },
    'expires-in': {
      type: 'string',
      valueHint: 'time',
      description: 'When it ends, such as 90d or 12h; never unless stated.',
    },
    ...operatorFlags,
  },
  async run({ args }) {
    const { name, scopes } = args
    if (!name || !scopes)
      throw usageError(
        `--${name ? 'scopes' : 'name'} is missing.`,
        'See `zerg keys create --help`.',
      )
    const given = { name, scopes: scopesOf(scopes), ...endOf(args['expires-in']) }
    const key = await withOperator(args, async operator => {
      const userId = await userIdOf(operator, args.user)
      const body = { ...given, ...(userId !== undefined && { user_id: userId }) }
      return await operator.ask<KeyWithSecret>('POST', '/keys', body).catch(onMissingUser)
    })
    if (args.json) return printJson(key)
    talk.success(`Key ${key.id} acts for user ${key.user_id}. Its secret is shown this once:`)
    print(key.secret)
  },
})

const endOf = (text: string | undefined) =>
  text === undefined
    ? {}
    : { expires_at: new Date(Date.now() + spanOf('--expires-in', text)).toISOString() }

// A short-lived token for a script, instead of a key.

import { command } from '../command.ts'
import { usageError } from '../exit.ts'
import { onMissingUser, scopesOf, spanOf, userIdOf } from '../operator/flags.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../operator/operator.ts'
import { printJson } from '../output/json.ts'
import { print } from '../output/print.ts'

export default command({
  details: `Prints the token and nothing else to stdout. It is good for an hour at most, never makes keys, and is kept nowhere. To open the data itself, ZERG_SECRET has to be that of the servers. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg token --user=ada@example.com --scopes=tasks:read', 'Acts for a user, for 15 minutes.'],
    ['zerg token --url=https://… --expires-in=5m', 'Acts for whose key is in ZERG_KEY.'],
    ['curl -H "authorization: Bearer $(zerg token --user=…)" …', 'In a script.'],
  ],
  args: {
    user: {
      type: 'string',
      valueHint: 'user',
      description: 'Whom it acts for, by e-mail address or id; with --url oneself unless stated.',
    },
    scopes: {
      type: 'string',
      description: 'What it may do at most, separated by commas; all that one has unless stated.',
    },
    'expires-in': {
      type: 'string',
      valueHint: 'time',
      description: 'How long it is good, such as 5m or 1h; 15m unless stated.',
    },
    ...operatorFlags,
  },
  async run({ args }) {
    const { scopes, 'expires-in': expiresIn } = args
    const wanted = {
      ...(scopes !== undefined && { scopes: scopesOf(scopes) }),
      ...(expiresIn !== undefined && { expires_in_s: secondsOf(expiresIn) }),
    }
    const minted = await withOperator(args, async operator => {
      const userId = await userIdOf(operator, args.user)
      const body = { ...wanted, ...(userId !== undefined && { user_id: userId }) }
      return await operator.ask<Minted>('POST', '/auth/token', body).catch(onMissingUser)
    })
    if (args.json) return printJson(minted)
    print(minted.access_token)
  },
})

type Minted = { access_token: string }

function secondsOf(text: string): number {
  const seconds = Math.ceil(spanOf('--expires-in', text) / 1_000)
  if (seconds >= 1 && seconds <= 3_600) return seconds
  throw usageError(`--expires-in cannot be "${text}".`, 'A token is good for 1s to 1h.')
}

// Makes an administrator: the first one, or one more.

import { command } from '../../command.ts'
import { usageError } from '../../exit.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { readPassword } from '../../output/secret-prompt.ts'
import { talk } from '../../output/talk.ts'

export default command({
  details: `Asks for the password on a terminal, without showing it. Prints the new user’s id. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    [
      'zerg users create-admin --email=ada@example.com --name="Ada Lovelace"',
      'Asks for a password.',
    ],
    [
      'zerg users create-admin --email=… --password-stdin < password',
      'For scripts: the first line is the password.',
    ],
    ['DATABASE_URL=postgres://… zerg users create-admin --email=…', 'The first one on PostgreSQL.'],
  ],
  args: {
    email: { type: 'string', description: 'The address to sign in with.' },
    name: { type: 'string', description: 'What people call them; the address unless stated.' },
    'password-stdin': { type: 'boolean', description: 'Read the password from stdin.' },
    ...operatorFlags,
  },
  async run({ args }) {
    const { email } = args
    if (!email) throw usageError('--email is missing.', 'See `zerg users create-admin --help`.')
    const password = await readPassword({ fromStdin: args['password-stdin'] === true })
    const body = { email, name: args.name ?? email, roles: ['admin'], password }
    const user = await withOperator(args, operator => operator.ask<User>('POST', '/users', body))
    if (args.json) return printJson(user)
    talk.success(`${user.email ?? user.name} is an administrator.`)
    print(user.id)
  },
})

type User = { id: string; email: string | null; name: string }

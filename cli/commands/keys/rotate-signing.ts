// Rotates the keys that access tokens are signed with.

import { command } from '../../command.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'

export default command({
  details: `The next key is published before it signs, and the one before verifies until its last token has expired. No API key will do for it. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg keys rotate-signing', 'As often as you like; nobody notices.'],
    ['zerg keys rotate-signing --at-once', 'When the key or ZERG_SECRET has leaked.'],
  ],
  args: {
    'at-once': {
      type: 'boolean',
      description: 'End every access token now, so that everybody has to refresh.',
    },
    ...operatorFlags,
  },
  async run({ args }) {
    const body = args['at-once'] ? { at_once: true } : {}
    const rotated = await withOperator(args, operator =>
      operator.ask<Rotated>('POST', '/auth/signing-keys/rotate', body),
    )
    if (args.json) return printJson(rotated)
    talk.success(`Signs from ${rotated.signs_from}:`)
    print(rotated.id)
  },
})

type Rotated = { id: string; signs_from: string }

// One API key, without its secret.

import { command } from '../../command.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { type Key, pageOf } from './key.ts'

export default command({
  details: OPERATOR_DETAILS,
  settings: 'mentioned',
  examples: [
    ['zerg keys show 01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d', 'Scopes, end, last use.'],
    ['zerg keys show ID --json', 'The same for scripts.'],
  ],
  args: {
    id: { type: 'positional', required: true, description: 'Of the key; `zerg keys list` has it.' },
    ...operatorFlags,
  },
  async run({ args }) {
    const path = `/keys/${encodeURIComponent(args.id)}`
    const key = await withOperator(args, operator => operator.ask<Key>('GET', path))
    if (args.json) return printJson(key)
    print(pageOf(key))
  },
})

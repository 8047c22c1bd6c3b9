// Gives an API key a new secret, and prints it.

import { command } from '../../command.ts'
import { spanOf } from '../../operator/flags.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'
import type { KeyWithSecret } from './key.ts'

export default command({
  details: `The secret before works on for a while, so that whoever uses it can change over. Prints the new one, this once, and nothing else to stdout. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg keys rotate ID', 'Both secrets work for as long as ZERG_KEYS_OVERLAP says.'],
    ['zerg keys rotate ID --overlap=0', 'One that leaked ends at once.'],
  ],
  args: {
    id: { type: 'positional', required: true, description: 'Of the key; `zerg keys list` has it.' },
    overlap: {
      type: 'string',
      valueHint: 'time',
      description: 'How long the secret before works as well, such as 1h; 0 ends it at once.',
    },
    ...operatorFlags,
  },
  async run({ args }) {
    const overlap = args.overlap === undefined ? undefined : spanOf('--overlap', args.overlap)
    const path = `/keys/${encodeURIComponent(args.id)}/rotate`
    const body = overlap === undefined ? {} : { overlap_s: Math.ceil(overlap / 1_000) }
    const key = await withOperator(args, operator =>
      operator.ask<KeyWithSecret>('POST', path, body),
    )
    if (args.json) return printJson(key)
    const until = key.overlap_until
    const before = until ? `works until ${until}` : 'works no more'
    talk.success(`The secret before ${before}. The new one is shown this once:`)
    print(key.secret)
  },
})

// Ends an API key, for good.

import { command } from '../../command.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { printJson } from '../../output/json.ts'
import { talk } from '../../output/talk.ts'

export default command({
  details: `Every instance follows within seconds. The key stays listed. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [['zerg keys revoke ID', 'One that leaked, or that nobody needs.']],
  args: {
    id: { type: 'positional', required: true, description: 'Of the key; `zerg keys list` has it.' },
    ...operatorFlags,
  },
  async run({ args }) {
    const path = `/keys/${encodeURIComponent(args.id)}`
    await withOperator(args, operator => operator.ask<void>('DELETE', path))
    if (args.json) return printJson({ id: args.id, revoked: true })
    talk.success(`Key ${args.id} is revoked.`)
  },
})

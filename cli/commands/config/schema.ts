// The JSON Schema of zerg.yaml, so that an editor completes and checks it.

import { jsonSchema } from '#config/json-schema.ts'
import { command } from '../../command.ts'
import { printJson } from '../../output/json.ts'

export default command({
  details: 'Editors use it to complete and check the file.',
  examples: [
    [
      'zerg config schema > zerg.schema.json',
      'Then begin zerg.yaml with `# yaml-language-server: $schema=zerg.schema.json`.',
    ],
  ],
  args: {},
  run: () => printJson(jsonSchema()),
})

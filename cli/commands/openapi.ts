// The API's document, from this executable, without a server.

import { stringify } from 'yaml'
import { apiDocument } from '../../src/document.ts'
import { command } from '../command.ts'
import { usageError } from '../exit.ts'
import { printJson } from '../output/json.ts'
import { print } from '../output/print.ts'

export default command({
  details: 'It is what `zerg serve` answers under /openapi.json.',
  examples: [
    ['zerg openapi > openapi.json', 'For generators and importers.'],
    ['zerg openapi --yaml', 'To read.'],
  ],
  args: {
    yaml: { type: 'boolean', description: 'Print YAML.' },
    json: { type: 'boolean', description: 'Print JSON, as without a flag.' },
  },
  run({ args }) {
    if (args.yaml && args.json)
      throw usageError('--yaml and --json exclude each other.', 'Keep one.')
    const document = apiDocument()
    // Parsers differ on what aliases are for, so that every part is written out.
    if (args.yaml) return print(stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }))
    return printJson(document)
  },
})

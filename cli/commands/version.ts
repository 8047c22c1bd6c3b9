// Which Zerg this is, for bug reports and scripts.

import { COMMIT, VERSION } from '#lib/version.ts'
import { command } from '../command.ts'
import { printJson } from '../output/json.ts'
import { print } from '../output/print.ts'
import { readSbom } from '../sbom.ts'

export default command({
  examples: [
    ['zerg version', 'One line.'],
    ['zerg version --json', 'The same for scripts.'],
    ['zerg version --sbom > zerg.cdx.json', 'What it is made of (CycloneDX), for scanners.'],
  ],
  args: {
    json: { type: 'boolean', description: 'Print JSON.' },
    sbom: { type: 'boolean', description: 'Print the software bill of materials (CycloneDX).' },
  },
  async run({ args }) {
    if (args.sbom) return print((await readSbom()).trimEnd())
    const platform = `${process.platform}-${process.arch}`
    if (args.json)
      return printJson({ version: VERSION, commit: COMMIT, bun: Bun.version, platform })
    return print(`zerg ${VERSION} (${COMMIT}), Bun ${Bun.version}, ${platform}`)
  },
})

// What is made from sources is in step with them.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { generated } from '../../cli/build/generated.ts'

const root = join(import.meta.dir, '../..')

test.each(generated.map(({ file, make }) => ({ file, make })))(
  '$file is in step with its source; if not: npm run generate',
  async ({ file, make }) => {
    const committed = await Bun.file(join(root, file))
      .text()
      .catch(() => '')
    expect(committed, `${file} is out of step; run \`npm run generate\``).toBe(await make())
  },
)

// `npm run generate`: writes what is made from sources. With --check it writes nothing, and fails
// where a file is out of step.

import { join } from 'node:path'
import { root } from './fingerprint.ts'
import { generated } from './generated.ts'
import { generateProto } from './proto.ts'

const isCheck = process.argv.includes('--check')
const say = (text: string) => void process.stderr.write(`generate: ${text}\n`)

const stale: string[] = []
for (const { file, make } of generated) {
  const path = join(root, file)
  const made = await make()
  const current = await Bun.file(path)
    .text()
    .catch(() => undefined)
  if (current === made) continue
  stale.push(file)
  if (isCheck) continue
  await Bun.write(path, made)
  say(`wrote ${file}`)
}

if (isCheck && stale.length > 0) {
  say(`out of step: ${stale.join(', ')}; run \`npm run generate\``)
  process.exit(1)
}
if (!isCheck) await generateProto()

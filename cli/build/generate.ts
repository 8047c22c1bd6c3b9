// `npm run generate`: writes what is made from sources. With --check it writes nothing, and fails
// where a file is out of step.

import { join } from 'node:path'
import { root } from './fingerprint.ts'
import { generated } from './generated.ts'
import { generateProto } from './proto.ts'

const isCheck = process.argv.includes('--check')
const say = (text: string) => void process.stderr.write(`generate: ${text}\n`)

const stale: string[] = []
const refused: string[] = []
for (const { file, make } of generated) {
  const path = join(root, file)
  const made = await attempt(file, make)
  if (made === undefined) continue
  const current = await Bun.file(path)
    .text()
    .catch(() => undefined)
  if (current === made) continue
  stale.push(file)
  if (isCheck) continue
  await Bun.write(path, made)
  say(`wrote ${file}`)
}

if (isCheck && stale.length > 0) say(`out of step: ${stale.join(', ')}; run \`npm run generate\``)
if (!isCheck) await generateProto()
process.exit(refused.length > 0 || (isCheck && stale.length > 0) ? 1 : 0)

// One document that may not be written does not keep the others from being so.
async function attempt(file: string, make: () => string | Promise<string>) {
  try {
    return await make()
  } catch (failure) {
    refused.push(file)
    say(`${file}: ${failure instanceof Error ? failure.message : String(failure)}`)
    return undefined
  }
}

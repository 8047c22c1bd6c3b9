// `npm run prove`: the long runs, on the compiled executable; writes docs/performance.md.
//   npm run prove [-- section…]       only these sections; the rest of the page stays as it is
// Ends with 1 when a promise was not kept.

import { join } from 'node:path'
import { createDatabase } from '../tests/support/postgres.ts'
import { proveAudit } from './prove/audit.ts'
import { proveCosts } from './prove/costs.ts'
import { proveDrain } from './prove/drain.ts'
import { proveFuzz } from './prove/fuzz.ts'
import { proveGenerated } from './prove/generated.ts'
import { proveLists } from './prove/lists.ts'
import { proveMemory } from './prove/memory.ts'
import { pageOf, renewed } from './prove/page.ts'
import { proveProtection } from './prove/protection.ts'
import { proveReplacement } from './prove/replacement.ts'
import { say, type Section } from './prove/section.ts'
import { proveSignInFlood } from './prove/sign-in-flood.ts'
import { proveStart } from './prove/start.ts'

const root = join(import.meta.dir, '..')

const sections: Record<string, (databaseUrl: string) => Promise<Section>> = {
  drain: databaseUrl => proveDrain({ databaseUrl, runs: 20, variantRuns: 5 }),
  replacement: databaseUrl => proveReplacement({ databaseUrl, runs: 4 }),
  start: proveStart,
  memory: proveMemory,
  costs: proveCosts,
  protection: proveProtection,
  audit: proveAudit,
  'sign-ins': databaseUrl => proveSignInFlood({ databaseUrl, runs: 5, forMs: 10_000 }),
  lists: proveLists,
  generated: proveGenerated,
  fuzz: databaseUrl => proveFuzz({ databaseUrl, messages: 40_000 }),
}

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !Object.hasOwn(sections, name))
if (unknown.length > 0) {
  say(`unknown section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`)
  process.exit(2)
}

await build()
const database = await createDatabase({ version: '18' })
const done: Section[] = []
for (const [name, prove] of Object.entries(sections))
  if (asked.length === 0 || asked.includes(name)) done.push(await prove(database.url))
await database.drop()

const file = join(root, 'docs/performance.md')
const page =
  asked.length === 0
    ? pageOf(done, Object.keys(sections))
    : renewed(await Bun.file(file).text(), done)
await Bun.write(file, page)
process.stdout.write(page)
const broken = done.flatMap(({ findings }) => findings).filter(({ held }) => !held)
for (const { what, bar, measured } of broken) say(`not kept: ${what}: ${measured}, bar ${bar}`)
process.exit(broken.length > 0 ? 1 : 0)

async function build() {
  const built = Bun.spawn([process.execPath, join(root, 'cli/build/build.ts'), '--if-changed'], {
    stdout: 'inherit',
    stderr: 'inherit',
  })
  if ((await built.exited) !== 0) process.exit(1)
}

// `npm run prove`: the long runs, on the compiled executable; writes docs/performance.md.
//   npm run prove [-- section…]       only these sections, printed and not written
// Ends with 1 when a promise was not kept.

import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../tests/support/postgres.ts'
import { proveCosts } from './prove/costs.ts'
import { proveDrain } from './prove/drain.ts'
import { proveLists } from './prove/lists.ts'
import { proveMemory } from './prove/memory.ts'
import { proveReplacement } from './prove/replacement.ts'
import { say, type Section } from './prove/section.ts'
import { proveStart } from './prove/start.ts'

const root = join(import.meta.dir, '..')

const sections: Record<string, (databaseUrl: string) => Promise<Section>> = {
  drain: databaseUrl => proveDrain({ databaseUrl, runs: 20, variantRuns: 5 }),
  replacement: databaseUrl => proveReplacement({ databaseUrl, runs: 4 }),
  start: proveStart,
  memory: proveMemory,
  costs: proveCosts,
  lists: proveLists,
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

const page = pageOf(done)
if (asked.length === 0) await Bun.write(join(root, 'docs/performance.md'), page)
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

function pageOf(all: readonly Section[]): string {
  const [cpu] = cpus()
  const machine = `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Bun ${Bun.version}, PostgreSQL 18`
  const rows = all
    .flatMap(({ findings }) => findings)
    .map(it => `| ${it.what} | ${it.bar} | ${it.measured} | ${it.held ? 'yes' : '**no**'} |`)
  return [
    '# Performance',
    '',
    'Made by `npm run prove`; do not edit. Everything was measured on the compiled executable, clients and PostgreSQL on the same machine. Machines differ and are noisy: compare ratios, and repeat it on yours.',
    '',
    `Machine: ${machine}. ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| what | bar | measured | held |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...all.flatMap(({ title, text }) => ['', `## ${title}`, '', text]),
    '',
    '## How to repeat it',
    '',
    '`npm run prove` does all of it; `npm run prove -- drain` one section (`' +
      Object.keys(sections).join('`, `') +
      '`). `npm run bench` repeats the costs alone. wrk has to be installed.',
    '',
  ].join('\n')
}

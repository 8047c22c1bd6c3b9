// `npm test`: everything that must hold, in short form. One line a step while it runs, the whole
// output of a step that fails, and a closing line of counts.
//   npm test [-- step…]      runs only these steps

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SKIPPED } from './audit.ts'
import { type Counts, readCounts } from './counts.ts'
import { type Step, steps } from './steps.ts'

const root = join(import.meta.dir, '../..')
const asked = process.argv.slice(2)
const unknown = asked.filter(name => !steps.some(step => step.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `gate: unknown step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}

const scratch = await mkdtemp(join(tmpdir(), 'zerg-gate-'))
const skipsFile = join(scratch, 'skips')
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []

for (const step of steps) {
  if (asked.length > 0 && !asked.includes(step.name)) continue
  const counts = await run(step)
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
  if (counts.failed > 0) failures.push(step.name)
}

const skips = new Set(
  (await readFile(skipsFile, 'utf8').catch(() => '')).split('\n').filter(Boolean),
)
await rm(scratch, { recursive: true, force: true })

for (const skip of skips) print(`skipped for want of ${skip}`)
if (failures.length > 0) print(`failed: ${failures.join(', ')}`)
print(
  `${total.passed} passed, ${total.failed} failed` +
    (total.skipped > 0 ? `, ${total.skipped} skipped` : ''),
)
process.exit(total.failed > 0 ? 1 : 0)

async function run(step: Step): Promise<Counts> {
  const started = performance.now()
  const junit = join(scratch, `${step.name}.xml`)
  const reporter = step.isTests ? ['--reporter=junit', `--reporter-outfile=${junit}`] : []
  const child = Bun.spawn([...step.command, ...reporter], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'pipe',
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      GATE_SKIPS: skipsFile,
      NO_COLOR: '1',
    },
  })
  // A step that hangs fails by name instead of holding the gate for ever.
  const limit = setTimeout(() => child.kill('SIGKILL'), step.limitS * 1_000)
  const [out, talk, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  clearTimeout(limit)
  const counts = step.isTests ? await countsOfTests(junit, code) : countsOfTool(code)
  if (counts.failed > 0) process.stdout.write(`${out}${talk}`)
  if (child.signalCode === 'SIGKILL') print(`${step.name} was ended after ${step.limitS} s`)
  print(line(step.name, counts, performance.now() - started))
  return counts
}

async function countsOfTests(junit: string, code: number): Promise<Counts> {
  const counts = await readCounts(junit)
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  // Tests that did not run are not tests that passed.
  if (counts.passed + counts.failed + counts.skipped === 0) counts.failed = 1
  return counts
}

function countsOfTool(code: number): Counts {
  if (code === SKIPPED) return { passed: 0, failed: 0, skipped: 1 }
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

function line(name: string, { passed, failed, skipped }: Counts, tookMs: number) {
  const mark = failed > 0 ? 'FAILED' : 'ok'
  return `${mark.padEnd(6)} ${name.padEnd(13)} ${String(passed).padStart(4)} ok ${String(failed).padStart(3)} failed ${String(skipped).padStart(3)} skipped ${(tookMs / 1000).toFixed(1).padStart(7)} s`
}

function print(text: string) {
  process.stdout.write(`${text}\n`)
}

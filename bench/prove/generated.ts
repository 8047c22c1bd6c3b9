// The whole API document, asked by Schemathesis for minutes as every kind of caller.

import { type Attacker, attackersOf } from '../../tests/support/attackers.ts'
import { createDatabase } from '../../tests/support/postgres.ts'
import { ENDING, findSchemathesis, runSchemathesis } from '../../tests/support/schemathesis.ts'
import { startZerg, type Zerg } from '../lab/zerg.ts'
import { say, type Section } from './section.ts'

const SECONDS_EACH = 90
const ALL = '--phases=examples,coverage,fuzzing,stateful'

type Asked = { name: string; cases: number; said: string; isFine: boolean }

export async function proveGenerated(): Promise<Section> {
  const program = await findSchemathesis()
  if (!program) return withoutProgram
  // One of its own: what is made up here would be in the way elsewhere.
  const database = await createDatabase({ version: '18' })
  const zerg = await startZerg({ env: { DATABASE_URL: database.url, ZERG_LIMITS: 'false' } })
  try {
    const attackers = await attackersOf({ url: zerg.url, databaseUrl: database.url })
    const asked: Asked[] = []
    for (const attacker of attackers) asked.push(await ask({ program, zerg, attacker }))
    return sectionOf(asked, await countFailures(zerg))
  } finally {
    await zerg.stop()
    await database.drop()
  }
}

type Asking = { program: string; zerg: Zerg; attacker: Attacker }

async function ask({ program, zerg: { url }, attacker: { name, token } }: Asking): Promise<Asked> {
  say(`generated requests: ${name}`)
  const lasting = await runSchemathesis({
    program,
    url,
    token,
    flags: [ALL, `--max-time=${SECONDS_EACH}`, ...ENDING.map(id => `--exclude-operation-id=${id}`)],
  })
  const ending = await runSchemathesis({
    program,
    url,
    token,
    flags: [ALL, '--max-examples=50', ...ENDING.map(id => `--include-operation-id=${id}`)],
  })
  const isFine = lasting.code === 0 && ending.code === 0
  const said = lasting.said + ending.said
  if (!isFine) process.stderr.write(said)
  return { name, cases: lasting.cases + ending.cases, said, isFine }
}

/** Answers of 500 and above that the server itself has counted. */
async function countFailures({ opsUrl }: Zerg): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  const lines = text.matchAll(/^zerg_http_requests_total\{.*status="5\d\d".*\} (\d+)$/gm)
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}

const TITLE = 'Generated requests'

function sectionOf(asked: readonly Asked[], failures: number): Section {
  const cases = asked.reduce((sum, it) => sum + it.cases, 0)
  const unfit = asked.filter(({ isFine }) => !isFine).map(({ name }) => name)
  return {
    title: TITLE,
    text:
      'Schemathesis makes requests out of the API document, good and bad, alone and in sequences, and holds each answer against it: status, media type, headers and shape. ' +
      asked.map(({ name, cases }) => `${name}: ${cases.toLocaleString('en')}`).join(', ') +
      ' test cases.',
    findings: [
      {
        what: `answers of 500 and above to ${cases.toLocaleString('en')} test cases by ${asked.length} kinds of caller`,
        bar: '0',
        measured: String(failures),
        held: failures === 0 && cases > 0,
      },
      {
        what: 'callers that got an answer outside of the document',
        bar: 'none',
        measured: unfit.join(', ') || 'none',
        held: unfit.length === 0,
      },
    ],
  }
}

const withoutProgram: Section = {
  title: TITLE,
  text: 'Not measured: it needs python3 with venv, and an index that has schemathesis.',
  findings: [],
}

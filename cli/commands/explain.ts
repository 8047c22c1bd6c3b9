// What an error code means, without a network.

import { ERROR_CODES, type ErrorCode, errorEntry, isErrorCode } from '#lib/error-codes.ts'
import { checkChoice } from '../arguments.ts'
import { command } from '../command.ts'
import { definitions } from '../output/definitions.ts'
import { printJson } from '../output/json.ts'
import { print } from '../output/print.ts'

const codes = Object.keys(ERROR_CODES).filter(isErrorCode)

export default command({
  details: 'Without a code, lists all of them.',
  examples: [
    ['zerg explain database_busy', 'Meaning, cause and fix.'],
    ['zerg explain', 'Every code with its HTTP status.'],
    ['zerg explain --json', 'Everything for scripts.'],
  ],
  completes: { code: codes },
  args: {
    code: { type: 'positional', required: false, description: 'The `code` of an error answer.' },
    json: { type: 'boolean', description: 'Print JSON.' },
  },
  run({ args }) {
    const code: string | undefined = args.code
    if (code !== undefined && !isErrorCode(code)) return checkChoice('The code', code, codes)
    if (args.json) return printJson(code === undefined ? codes.map(entryOf) : entryOf(code))
    return print(code === undefined ? list() : page(code))
  },
})

const entryOf = (code: ErrorCode) => ({ code, ...errorEntry(code) })

const list = () =>
  definitions(
    codes.map(code => [code, `${errorEntry(code).status}  ${errorEntry(code).title}`]),
    { indent: 0 },
  )

function page(code: ErrorCode): string {
  const { status, title, meaning, cause, fix } = errorEntry(code)
  const texts = definitions([
    ['Meaning', meaning],
    ['Cause', cause],
    ['Fix', fix],
  ])
  return `${code} (HTTP ${status}): ${title}\n${texts}`
}

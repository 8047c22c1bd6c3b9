// A command line is read strictly: what is not understood is refused, never guessed.

import { expect, test } from 'bun:test'
import type { ArgsDef } from 'citty'
import { checkedArguments } from '../../../cli/arguments.ts'
import { CommandError, EXIT } from '../../../cli/exit.ts'

const defined: ArgsDef = {
  code: { type: 'positional', required: false },
  port: { type: 'string' },
  mode: { type: 'enum', options: ['fast', 'safe'] },
  docs: { type: 'boolean' },
}

test.each([
  [['--prot', '1'], 'There is no flag --prot.', 'Did you mean --port?'],
  [['--prot=1'], 'There is no flag --prot.', 'Did you mean --port?'],
  [['-p'], 'There is no flag -p.', 'See help.'],
  [['--zzzzzzzzz'], 'There is no flag --zzzzzzzzz.', 'See help.'],
  [['--no-port'], 'There is no flag --no-port.', 'See help.'],
  [['--__proto__=1'], 'There is no flag --__proto__.', 'See help.'],
  [['--port'], '--port needs a value.', 'Write --port=PORT.'],
  [['--port', '--docs'], '--port needs a value.', 'Write --port=PORT.'],
  [['--docs=yes'], '--docs is not a flag that takes "yes".', 'Write --docs or --no-docs.'],
  [['--no-docs=true'], '--docs is not a flag that takes "true".', 'Write --docs or --no-docs.'],
  [['--mode=fats'], '--mode cannot be "fats".', 'Did you mean fast?'],
  [['--mode=quite-else'], '--mode cannot be "quite-else".', 'It is one of fast, safe.'],
  [['one', 'two'], 'There is no place for the argument "two".', 'See help.'],
])('%j is refused as usage', (raw, what, fix) => {
  const read = () => checkedArguments(raw, defined, 'See help.')
  expect(read).toThrow(CommandError)
  expect(failureOf(read)).toEqual({ what, fix, exitCode: EXIT.usage })
})

test('a required argument that is missing is named', () => {
  const read = () => checkedArguments([], { shell: { type: 'positional' } }, 'See help.')
  expect(failureOf(read).what).toBe('SHELL is missing.')
})

test.each([
  [
    ['--port', '8080'],
    ['--port=8080', '--'],
  ],
  [['--port=8080'], ['--port=8080', '--']],
  [['--port='], ['--port=', '--']],
  [
    ['--port', '-1'],
    ['--port=-1', '--'],
  ],
  [['--port=a=b'], ['--port=a=b', '--']],
  [
    ['--docs', 'x'],
    ['--docs', '--', 'x'],
  ],
  [
    ['x', '--no-docs'],
    ['--no-docs', '--', 'x'],
  ],
  [['--docs=false'], ['--no-docs', '--']],
  [['--docs=true'], ['--docs', '--']],
  [
    ['--', '--port'],
    ['--', '--port'],
  ],
])('%j is read as %j', (raw, checked) => {
  expect(checkedArguments(raw, defined, '')).toEqual(checked)
})

function failureOf(read: () => unknown) {
  try {
    read()
  } catch (error) {
    if (error instanceof CommandError)
      return { what: error.message, fix: error.fix, exitCode: error.exitCode }
    throw error
  }
  throw new Error('Expected a failure.')
}

// Talk with whoever runs a command goes to stderr, so that stdout can be piped.

import { createConsola, type LogObject } from 'consola'
import { styled, write } from './stream.ts'

const MARKS: Partial<Record<LogObject['type'], string>> = {
  error: styled(2, 'red', 'error: '),
  fatal: styled(2, 'red', 'error: '),
  warn: styled(2, 'yellow', 'warning: '),
  success: styled(2, 'green', '✓ '),
}

export const talk = createConsola({
  stdout: process.stderr,
  stderr: process.stderr,
  // The whole text as it is: no dates, boxes or stacks.
  reporters: [
    { log: ({ type, args }) => write(2, `${MARKS[type] ?? ''}${args.map(String).join(' ')}\n`) },
  ],
})

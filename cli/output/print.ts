// Data, and nothing else, goes to stdout.

import { write } from './stream.ts'

/** One or more whole lines. */
export const print = (text: string): void => write(1, text.endsWith('\n') ? text : `${text}\n`)

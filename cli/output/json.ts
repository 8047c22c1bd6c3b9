// JSON for scripts: indented, so that people can read it as well.

import { print } from './print.ts'

export const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2))

// A file that only its user can read, whole from its first moment on.

import fs from 'node:fs'
import path from 'node:path'

/** Written beside it first: whoever reads sees all of it, and nobody else ever could. */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${path.resolve(file)}.${process.pid}`
  fs.rmSync(draft, { force: true })
  fs.writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  fs.renameSync(draft, file)
}

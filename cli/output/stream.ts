// Writing to stdout and stderr at once and in order, so that nothing is lost when the process ends.

import { writeSync } from 'node:fs'
import { processVariables } from '#config/sources.ts'

/** The reader of our output has gone, as `head` does; not a failure of ours. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

const pause = new Int32Array(new SharedArrayBuffer(4))

export function write(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    const written = writeSome(descriptor, rest)
    // A pipe that is full and does not block: its reader needs a moment.
    if (written === 0) Atomics.wait(pause, 0, 0, 1)
    rest = rest.subarray(written)
  }
}

function writeSome(descriptor: 1 | 2, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EAGAIN') return 0
    if (code === 'EPIPE') throw new ReaderGone()
    throw error
  }
}

/** Whether escape sequences may be used: on a terminal, unless NO_COLOR (no-color.org) is set. */
export function hasColor(descriptor: 1 | 2): boolean {
  const { NO_COLOR, TERM } = processVariables()
  const stream = descriptor === 1 ? process.stdout : process.stderr
  return stream.isTTY && !NO_COLOR && TERM !== 'dumb'
}

const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
} as const

export const styled = (descriptor: 1 | 2, style: keyof typeof styles, text: string): string => {
  const [on, off] = styles[style]
  return hasColor(descriptor) ? `\u001B[${on}m${text}\u001B[${off}m` : text
}

// Server logs: JSON lines on stdout, readable on a terminal. Whatever a line holds goes through the
// mask last, so that no secret depends on somebody having remembered it.

import { writeSync } from 'node:fs'
import { pino } from 'pino'
import type { DestinationStream, Level, Logger } from 'pino'
import { createMask } from '#lib/mask.ts'
import { serializeError } from './error-line.ts'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'
import { createTerminalForm } from './terminal.ts'

export type Log = Logger

export type LogOptions = {
  level: Level | 'silent'
  /** `auto` is readable on a terminal and JSON elsewhere. */
  format: 'auto' | 'json' | 'pretty'
  /** Values that must never appear: passwords, keys, URLs that hold one. */
  secrets?: readonly (string | undefined)[]
  isTerminal?: boolean
  /** Only where it is readable; the caller knows of NO_COLOR. */
  isColourful?: boolean
  /** Where lines go; stdout unless tests say otherwise. */
  destination?: DestinationStream
}

export type OpenLog = {
  log: Log
  /** Writes out what is still held back. Call it last. */
  flush(): Promise<void>
}

const STDOUT = 1

export function createLog(options: LogOptions): OpenLog {
  const { level, format, isTerminal = process.stdout.isTTY === true } = options
  const mask = createMask(options.secrets ?? [])
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const output = openOutput(options, isPretty)
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"time":"${isoNow()}"`,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: serializeError },
      hooks: { streamWrite: mask },
    },
    output,
  )
  outputs.set(log, output)
  return { log, flush: output.flush }
}

const outputs = new WeakMap<Log, Output>()

type RawLevel = 'debug' | 'info'
type RawLines = { readonly [level in RawLevel]: ((parts: string) => void) | undefined }

/**
 * For a line that is written thousands of times a second: takes its parts as JSON without braces,
 * masked by whoever wrote them. Absent where the level is not logged; ask again for each line.
 */
export function rawLines(log: Log, message: string): RawLines {
  const output = outputs.get(log)
  const writer = (level: RawLevel) => (parts: string) => {
    if (!output) return log[level](JSON.parse(`{${parts}}`) as object, message)
    output.write(`{"level":"${level}","time":"${isoNow()}",${parts},"msg":"${message}"}\n`)
  }
  const [debug, info] = [writer('debug'), writer('info')]
  return {
    get debug() {
      return log.isLevelEnabled('debug') ? debug : undefined
    },
    get info() {
      return log.isLevelEnabled('info') ? info : undefined
    },
  }
}

// ISO 8601. Many lines are of the same millisecond, and the text costs more than the look.
let lastMs = 0
let lastText = ''

function isoNow(): string {
  const nowMs = Date.now()
  if (nowMs !== lastMs) {
    lastMs = nowMs
    lastText = new Date(nowMs).toISOString()
  }
  return lastText
}

function openOutput(options: LogOptions, isPretty: boolean): Output {
  const { destination } = options
  if (isPretty) {
    const readable = createTerminalForm(options.isColourful ?? false)
    const write = destination ? (text: string) => destination.write(text) : writeOut
    return { write: line => void write(readable(line)), flush: async () => {} }
  }
  if (destination) return { write: destination.write.bind(destination), flush: async () => {} }

  return createOutput(STDOUT)
}

function writeOut(text: string): void {
  try {
    writeSync(STDOUT, text)
  } catch {
    // The terminal is gone.
  }
}

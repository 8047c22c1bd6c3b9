// Server logs: JSON lines on stdout, readable on a terminal. Whatever a line holds goes through the
// mask last, so that no secret depends on somebody having remembered it.

import { writeSync } from 'node:fs'
import { pino } from 'pino'
import type { DestinationStream, Level, Logger } from 'pino'
import { createMask } from '#lib/mask.ts'
import { serializeError } from './error-line.ts'
import { prettyFactory } from 'pino-pretty'

export type Log = Logger

export type LogOptions = {
  level: Level | 'silent'
  /** `auto` is readable on a terminal and JSON elsewhere. */
  format: 'auto' | 'json' | 'pretty'
  /** Values that must never appear: passwords, keys, URLs that hold one. */
  secrets?: readonly (string | undefined)[]
  isTerminal?: boolean
  isColourful?: boolean
  /** Where lines go; stdout unless tests say otherwise. */
  destination?: DestinationStream
}

export type OpenLog = {
  log: Log
  /** Writes out what is still held back. Call it last. */
  flush(): void
}

// pino refuses 16 KiB and more for lines that it holds back.
const HELD_BACK_BYTES = 8_192
const HELD_BACK_MS = 200
const STDOUT = 1

export function createLog(options: LogOptions): OpenLog {
  const { level, format, isTerminal = process.stdout.isTTY === true } = options
  const mask = createMask(options.secrets ?? [])
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const { stream, flush } = openStream(options, isPretty)
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      formatters: { level: label => ({ level: label }) },
      serializers: { err: serializeError },
      hooks: { streamWrite: mask },
    },
    stream,
  )
  return { log, flush }
}

function openStream(options: LogOptions, isPretty: boolean) {
  const { destination } = options
  if (isPretty) {
    const pretty = prettyFactory({
      colorize: options.isColourful ?? true,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    })
    const write = destination ? (text: string) => destination.write(text) : writeOut
    return { stream: { write: (line: string) => void write(pretty(line)) }, flush: () => {} }
  }
  if (destination) return { stream: destination, flush: () => {} }

  const buffered = pino.destination({
    dest: STDOUT,
    sync: false,
    minLength: HELD_BACK_BYTES,
    periodicFlush: HELD_BACK_MS,
  })
  // Whoever read our lines may have gone (`zerg serve | head`); the server goes on.
  buffered.on('error', () => {})
  return { stream: buffered, flush: () => flushOut(buffered) }
}

function flushOut(buffered: { flushSync(): void }): void {
  try {
    buffered.flushSync()
  } catch {
    // Not open any more, or never was: there is nobody to tell.
  }
}

function writeOut(text: string): void {
  try {
    writeSync(STDOUT, text)
  } catch {
    // The terminal is gone.
  }
}

// A log that keeps its lines, to look at.

import { pino } from 'pino'

export function memoryLog() {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  return { log, lines: () => lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

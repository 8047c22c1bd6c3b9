// Server logs: JSON lines on stdout, readable on a terminal.

import type { Logger } from 'pino'

export type Log = Logger

// An error as a part of a log line: what it is, and what caused it. Only what is listed here gets in,
// since libraries hang statements, parameters and whole connections on their errors.

const DEPTH_MAX = 4

type ErrorLine = {
  type: string
  message: string
  code?: string
  stack?: string
  cause?: ErrorLine
}

export function serializeError(thrown: unknown, depth = 0): ErrorLine {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) }
  const line: ErrorLine = { type: thrown.name, message: thrown.message }
  if ('code' in thrown && typeof thrown.code === 'string') line.code = thrown.code
  if (thrown.stack !== undefined) line.stack = thrown.stack
  if (thrown.cause !== undefined && depth < DEPTH_MAX)
    line.cause = serializeError(thrown.cause, depth + 1)
  return line
}

// Log lines as a person sees them.

import { describe, expect, test } from 'bun:test'
import { createTerminalForm } from '#platform/observability/terminal.ts'

const time = '2026-01-02T03:04:05.678Z'

describe('a log line on a terminal', () => {
  test('that is not JSON stays as it is', () => {
    expect(shown('panic: half a {"line\n')).toBe('panic: half a {"line\n')
    expect(shown('7\n')).toBe('7\n')
  })

  test('keeps control characters from outside away from the terminal', () => {
    const line = shown({ level: 'info', time, msg: 'x', path: '/\u001B[2Ja b' })
    expect(line).toEndWith('x  path="/\\u001b[2Ja b"\n')
    const steered = shown({ level: 'error', time, err: { message: '\u009B2J' }, msg: '\u001B[2J' })
    expect(steered).toEndWith('error \\u001b[2J\n  \\u009b2J\n')
  })

  test('says of a request what everybody looks for first', () => {
    const line = shown({
      level: 'info',
      time,
      request_id: 'abc',
      method: 'GET',
      route: '/api/v1/tasks/:id',
      path: '/api/v1/tasks/7',
      status: 404,
      duration_ms: 1.5,
      caller: 'internal',
      code: 'not_found',
      msg: 'request',
    })
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d\.678 info  GET \/api\/v1\/tasks\/7 404 in 1\.5 ms  request_id=abc code=not_found\n$/,
    )
  })

  test('leaves the steps of a shutdown to the JSON form', () => {
    const line = shown({
      level: 'info',
      time,
      event: 'shutdown_report',
      exit_reason: 'everything was answered',
      phases: [{ name: 'drain', steps: [] }],
      msg: 'shutdown_report',
    })
    expect(line).toEndWith('info  shutdown_report  exit_reason="everything was answered"\n')
  })

  test('tells an error with its stack and its causes', () => {
    const err = { message: 'outer', stack: 'Error: outer\n    at x', cause: { message: 'inner' } }
    expect(shown({ level: 'error', time, err, msg: 'failed' })).toEndWith(
      'error failed\n  Error: outer\n      at x\n  caused by:\n  inner\n',
    )
  })

  test('has colours only where they are asked for', () => {
    const line = { level: 'warn', time, port: 1, msg: 'x' }
    expect(shown(line)).not.toContain('\u001B')
    expect(shown(line, true)).toContain('\u001B[33mwarn \u001B[0m x')
  })
})

const shown = (line: object | string, isColourful = false) =>
  createTerminalForm(isColourful)(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)

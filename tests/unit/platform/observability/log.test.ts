import { describe, expect, test } from 'bun:test'
import { AppError } from '#lib/errors.ts'
import { createLog, rawLines } from '#platform/observability/log.ts'

describe('the log', () => {
  test('is one JSON object a line, with its level as a word', () => {
    const { log, lines } = setup()
    log.info({ port: 1 }, 'listening')
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      port: 1,
      msg: 'listening',
    })
    expect(lines[0]).toEndWith('\n')
  })

  test('tells an error with what caused it, and nothing that a library hung on it', () => {
    const { log, lines } = setup()
    const cause = Object.assign(new Error('relation does not exist'), {
      code: '42P01',
      query: 'select secret_column',
      parameters: ['private'],
    })
    log.error({ err: new AppError('internal', 'Something went wrong.', { cause }) }, 'failed')
    const { err } = JSON.parse(lines[0]!) as { err: Record<string, unknown> }
    expect(err).toMatchObject({
      type: 'AppError',
      code: 'internal',
      cause: { message: 'relation does not exist', code: '42P01' },
    })
    expect(lines[0]).not.toContain('secret_column')
    expect(lines[0]).not.toContain('private')
  })

  test('of an error that causes itself ends', () => {
    const { log, lines } = setup()
    const error = new Error('round')
    error.cause = error
    log.error({ err: error }, 'failed')
    expect(lines).toHaveLength(1)
  })

  test.each(['json', 'pretty'] as const)('as %s never holds a secret', format => {
    const { log, lines } = setup({ format })
    const url = 'postgres://zerg:correct-horse@db/zerg'
    log.info({ url, headers: { authorization: 'Bearer abcdefgh', cookie: 'sid=battery' } }, url)
    log.warn({ err: new Error(`cannot connect to ${url}`) }, 'the password is correct-horse')
    log.child({ token: 'staple-staple' }).info('child')
    const text = lines.join('')
    for (const secret of ['correct-horse', 'abcdefgh', 'battery', 'staple-staple'])
      expect(text).not.toContain(secret)
    expect(text).toContain('child')
  })

  test('is readable on a terminal', () => {
    const { log, lines } = setup({ format: 'auto', isTerminal: true, isColourful: false })
    log.info({ port: 8080 }, 'listening')
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info  listening  port=8080\n$/)
  })

  test('is JSON where there is no terminal', () => {
    const { log, lines } = setup({ format: 'auto', isTerminal: false })
    log.info('x')
    expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'x' })
  })

  test('writes nothing below its level, which may change', () => {
    const { log, lines } = setup()
    log.debug('quiet')
    rawLines(log, 'request').debug?.('"a":1')
    log.level = 'debug'
    log.debug('loud')
    rawLines(log, 'request').debug?.('"a":1')
    expect(lines.map(line => JSON.parse(line) as object)).toEqual([
      { level: 'debug', time: expect.any(String), msg: 'loud' },
      { level: 'debug', time: expect.any(String), a: 1, msg: 'request' },
    ])
  })
})

type Settings = Partial<Parameters<typeof createLog>[0]>

function setup(settings: Settings = {}) {
  const lines: string[] = []
  const { log } = createLog({
    level: 'info',
    format: 'json',
    secrets: ['postgres://zerg:correct-horse@db/zerg'],
    destination: { write: line => void lines.push(line) },
    ...settings,
  })
  return { log, lines }
}

import { describe, expect, test } from 'bun:test'
import postgres from 'postgres'
import { AppError } from '#lib/errors.ts'
import { isConnectionError, onConstraint, toDatabaseError } from '#platform/postgres/errors.ts'

const withCode = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })

// The driver's own class, as it would arrive.
const fromPostgres = (fields: { code: string; constraint_name?: string }) => {
  const error = new postgres.PostgresError('refused')
  return Object.assign(error, fields)
}

describe('an error of the database', () => {
  test.each([
    ['53100', 'storage_full'],
    ['57014', 'deadline_exceeded'],
    ['55P03', 'database_busy'],
    ['40P01', 'database_busy'],
    ['25006', 'database_unavailable'],
    ['57P01', 'database_unavailable'],
    ['57P03', 'database_unavailable'],
    ['08006', 'database_unavailable'],
    ['53300', 'database_unavailable'],
  ])('with SQLSTATE %s means %s', (code, meaning) => {
    expect(toDatabaseError(fromPostgres({ code }))).toMatchObject({ code: meaning })
  })

  test.each(['ECONNREFUSED', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'ENOTFOUND', 'ETIMEDOUT'])(
    '%s means that it cannot be reached, and the cause stays for the log',
    code => {
      const cause = withCode(code)
      const error = toDatabaseError(cause)
      expect(error).toMatchObject({ code: 'database_unavailable', cause })
      expect((error as AppError).message).not.toContain(code)
    },
  )

  test('without a general meaning stays what it is', () => {
    const error = fromPostgres({ code: '23505' })
    expect(toDatabaseError(error)).toBe(error)
    expect(isConnectionError(error)).toBe(false)
  })

  // Too many connections: the server is alive, and those that are open go on.
  test('about too many connections says nothing against an open one', () => {
    expect(isConnectionError(fromPostgres({ code: '53300' }))).toBe(false)
  })
})

describe('a broken constraint', () => {
  const translate = onConstraint({ a_key: () => new AppError('project_name_taken', 'Taken.') })

  test('has the meaning that was given to its name', () => {
    const error = fromPostgres({ code: '23505', constraint_name: 'a_key' })
    expect(() => translate(error)).toThrow('Taken.')
  })

  test('of another name stays what it is', () => {
    const error = fromPostgres({ code: '23505', constraint_name: 'b_key' })
    expect(() => translate(error)).toThrow(error)
  })
})

import { describe, expect, test } from 'bun:test'
import { AppError } from '#lib/errors.ts'
import {
  boolean,
  custom,
  id,
  integer,
  oneOf,
  queryReader,
  readNoQuery,
  text,
} from '#transport/http/query.ts'

const read = queryReader({
  limit: integer({ min: 1, max: 200, fallback: 50 }),
  status: oneOf('todo', 'done'),
  completed: boolean,
  project_id: id,
  q: text({ min: 1, max: 5 }),
  even: custom('an even number', raw => (Number(raw) % 2 === 0 ? Number(raw) : undefined)),
})
const of = (query: string) => read(new Request(`http://zerg.test/api/v1/tasks${query}`))
const problemsOf = (query: string) => {
  try {
    of(query)
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'invalid_query') return thrown.errors
    throw thrown
  }
  throw new Error('It was accepted.')
}

describe('a query', () => {
  test('that is absent gives every fallback', () => {
    expect(of('')).toEqual({ limit: 50 } as ReturnType<typeof of>)
    expect(of('?')).toEqual({ limit: 50 } as ReturnType<typeof of>)
  })

  test('is read as values of the right type', () => {
    const projectId = '01900000-0000-7000-8000-00000000000A'
    expect(
      of(`?limit=7&status=done&completed=true&project_id=${projectId}&q=%C3%A4%20b&even=4`),
    ).toEqual({
      limit: 7,
      status: 'done',
      completed: true,
      project_id: projectId.toLowerCase(),
      q: 'ä b',
      even: 4,
    })
  })

  test('names every problem at once', () => {
    expect(problemsOf('?limit=0&status=open&completed=yes&project_id=7&even=3').length).toBe(5)
  })

  test.each([
    ['?limit=201', '`limit` is not a whole number from 1 to 200.'],
    ['?limit=1e2', '`limit` is not a whole number from 1 to 200.'],
    ['?limit=', '`limit` is not a whole number from 1 to 200.'],
    ['?limit=1&limit=2', '`limit` is given more than once.'],
    ['?stauts=done', '`stauts` is unknown; did you mean `status`?'],
    ['?status=Done', '`status` is not one of todo, done.'],
    ['?q=', '`q` is empty.'],
    ['?q=123456', '`q` is longer than 5 characters.'],
    ['?q=%00', '`q` contains a NUL character.'],
    ['?q=%ff', '`q` is not valid UTF-8.'],
    ['?project_id=abc', '`project_id` is not a UUID.'],
    ['?__proto__=1', 'known are'],
  ])('%s is refused: %s', (query, detail) => {
    expect(problemsOf(query)[0]!.detail).toContain(detail)
  })

  test('of a route that takes none refuses whatever there is', () => {
    expect(() => readNoQuery(new Request('http://zerg.test/a?b=1'))).toThrow('takes no query')
    expect(readNoQuery(new Request('http://zerg.test/a'))).toEqual({})
  })

  test('echoes no more of a name than a person would read', () => {
    expect(problemsOf(`?${'x'.repeat(10_000)}=1`)[0]!.detail.length).toBeLessThan(300)
  })
})

import { expect, test } from 'bun:test'
import { judge, SKIPPED } from '../../gate/audit.ts'

const advisory = (severity: string) => ({
  id: 1,
  severity,
  title: 'Prototype pollution',
  url: 'https://github.com/advisories/GHSA-1',
  vulnerable_versions: '<4.17.21',
})

const answer = (value: unknown) => judge({ stdout: JSON.stringify(value), stderr: '' })

test.each([
  ['low', 0],
  ['moderate', 0],
  ['high', 1],
  ['critical', 1],
])('a vulnerability that is %s ends it with %i, and is named', (severity, code) => {
  const verdict = answer({ lodash: [advisory('low'), advisory(severity)] })
  expect(verdict.code).toBe(code)
  expect(verdict.lines[1]).toBe(
    `${severity}: lodash <4.17.21: Prototype pollution (https://github.com/advisories/GHSA-1)`,
  )
})

test('nothing known is fine', () => {
  expect(answer({})).toEqual({ code: 0, lines: [] })
})

test.each(['', 'error: POST https://registry.example/advisories/bulk - 405', '<html>'])(
  'a registry that gives no answer is not one that knows of nothing: %j',
  stdout => {
    expect(judge({ stdout, stderr: 'error: 405\n' })).toEqual({
      code: SKIPPED,
      lines: ['error: 405'],
    })
  },
)

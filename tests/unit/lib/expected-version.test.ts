import { expect, test } from 'bun:test'
import { expectedVersion } from '#lib/expected-version.ts'
import { rejection } from '../../support/eventually.ts'

const present = (version: number) => async () => version
const unasked = async () => {
  throw new Error('The present version was asked for.')
}

test('with nothing said any version will do', async () => {
  expect(await expectedVersion(undefined, undefined, unasked)).toBeUndefined()
})

test('one version, wherever it is named, is left for the statement to compare', async () => {
  expect(await expectedVersion([3], undefined, unasked)).toBe(3)
  expect(await expectedVersion(undefined, 3, unasked)).toBe(3)
  expect(await expectedVersion([3], 3, unasked)).toBe(3)
  expect(await expectedVersion([2, 3], 3, unasked)).toBe(3)
})

test('of several the present one is meant', async () => {
  expect(await expectedVersion([2, 3], undefined, present(3))).toBe(3)
})

test.each<[string, number[], number | undefined]>([
  ['none of several is the present one', [1, 2], undefined],
  ['the condition names no version of ours', [], undefined],
  ['header and body contradict each other', [1], 2],
])('where %s nothing is changed', async (_, named, inBody) => {
  expect(await rejection(expectedVersion(named, inBody, present(3)))).toMatchObject({
    code: 'version_mismatch',
  })
})

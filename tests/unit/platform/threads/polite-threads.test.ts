// Which threads give way to others.

import { expect, test } from 'bun:test'
import { createPoliteThreads } from '#platform/threads/polite-threads.ts'

const OWN = String(process.pid)

test('threads of the pool are lowered once, and no others', () => {
  const { names, lowered, polite } = threadsNamed({
    [OWN]: 'zerg',
    7: 'Bun Pool 0',
    8: 'JITWorker',
  })
  polite.lowerNew()
  polite.lowerNew()
  expect(lowered).toEqual(['7'])
  names['9'] = 'Bun Pool 1'
  polite.lowerNew()
  expect(lowered).toEqual(['7', '9'])
})

test('a thread that has no name of its own yet is looked at again', () => {
  const { names, lowered, polite } = threadsNamed({ [OWN]: 'zerg', 7: 'zerg', 8: '' })
  polite.lowerNew()
  names['7'] = 'Bun Pool 0'
  names['8'] = 'Bun Pool 1'
  polite.lowerNew()
  expect(lowered).toEqual(['7', '8'])
})

test('where it is not allowed passwords are worked out all the same', () => {
  const polite = createPoliteThreads({
    ids: () => ['7'],
    nameOf: () => 'Bun Pool 0',
    lower() {
      throw new Error('EPERM')
    },
  })
  expect(() => polite.lowerNew()).not.toThrow()
})

function threadsNamed(names: Record<string, string>) {
  const lowered: string[] = []
  const polite = createPoliteThreads({
    ids: () => Object.keys(names),
    nameOf: id => names[id] ?? '',
    lower: id => void lowered.push(id),
  })
  return { names, lowered, polite }
}

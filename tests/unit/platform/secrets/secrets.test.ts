import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartFailure } from '#lib/start-failure.ts'
import { openSecrets, type Secrets } from '#platform/secrets/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zerg-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (given: Partial<Parameters<typeof openSecrets>[0]> = {}) =>
  openSecrets({
    secret: undefined,
    secretPrevious: undefined,
    dataDir: join(folder, 'data'),
    ephemeral: false,
    ...given,
  })
const keyOf = ({ derive }: Pick<Secrets, 'derive'>, purpose = 'a', bytes = 32) =>
  Buffer.from(derive(purpose, bytes)).toString('hex')

const A = 'a'.repeat(16) + 'one secret of many'
const B = 'b'.repeat(16) + 'one secret of many'

describe('a derived key', () => {
  test('is the same for the same secret and purpose, and another for any other', () => {
    const one = open({ secret: A })
    expect(keyOf(one)).toBe(keyOf(open({ secret: A })))
    expect(keyOf(one)).not.toBe(keyOf(one, 'b'))
    expect(keyOf(one)).not.toBe(keyOf(open({ secret: B })))
    expect(keyOf(one, 'a', 12)).toHaveLength(24)
  })

  test('of the secret before is there while that secret is', () => {
    expect(open({ secret: A }).previous).toBeUndefined()
    const both = open({ secret: A, secretPrevious: B })
    expect(keyOf(both.previous!)).toBe(keyOf(open({ secret: B })))
  })
})

describe('without a secret in the settings', () => {
  test('one is made up, kept for the next start, and readable by its user alone', () => {
    const first = open()
    const file = join(folder, 'data', 'secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret'])
    expect(keyOf(open())).toBe(keyOf(first))
  })

  test('one is made up in memory where nothing is to be kept', () => {
    const [one, other] = [open({ ephemeral: true }), open({ ephemeral: true })]
    expect(keyOf(one)).not.toBe(keyOf(other))
    expect(readdirSync(folder)).toEqual([])
  })

  test.each<[string, (file: string) => void, RegExp]>([
    ['others may read', file => chmodSync(file, 0o640), /mode 640/],
    ['is cut short', file => writeFileSync(file, 'short'), /5 characters/],
  ])('a file that %s is refused, with what to do', (_, spoil, message) => {
    open()
    spoil(join(folder, 'data', 'secret'))
    const failure = failureOf(() => open())
    expect(failure.message).toMatch(message)
    expect(failure.fix).toContain('delete it')
  })

  test('a folder that is a file is told by its name', () => {
    const dataDir = join(folder, 'file')
    writeFileSync(dataDir, '')
    const failure = failureOf(() => open({ dataDir }))
    expect(failure.message).toContain(dataDir)
    expect(failure.fix).toContain('ZERG_SECRET')
  })
})

function failureOf(work: () => unknown): StartFailure {
  try {
    work()
  } catch (error) {
    if (error instanceof StartFailure) return error
    throw error
  }
  throw new Error('Nothing failed.')
}

import { describe, expect, test } from 'bun:test'
import { createSealing } from '#features/auth/sealing.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'

const SECRET = 'a master secret for tests, and for nothing else'
const OTHER = 'another master secret for tests alone'

describe('a seal', () => {
  const sealing = createSealing(createSecrets({ secret: SECRET }), 'tests')

  test('is opened under its own name alone, by its own secret or the one after', () => {
    const sealed = sealing.seal('content', 'name')
    expect(sealing.open(sealed, 'name')).toBe('content')
    expect(sealing.open(sealed, 'other')).toBeUndefined()
    const others = createSealing(createSecrets({ secret: OTHER }), 'tests')
    expect(others.open(sealed, 'name')).toBeUndefined()
    const changed = createSealing(createSecrets({ secret: OTHER, previous: SECRET }), 'tests')
    expect(changed.open(sealed, 'name')).toBe('content')
    const purpose = createSealing(createSecrets({ secret: SECRET }), 'others')
    expect(purpose.open(sealed, 'name')).toBeUndefined()
  })

  test('is another each time, and broken by any change', () => {
    const sealed = sealing.seal('content', 'name')
    expect(sealing.seal('content', 'name')).not.toEqual(sealed)
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed)
      altered[at] = altered[at]! ^ 1
      expect(sealing.open(altered, 'name')).toBeUndefined()
    }
    for (const length of [0, 12, 28, sealed.length - 1])
      expect(sealing.open(sealed.subarray(0, length), 'name')).toBeUndefined()
  })
})

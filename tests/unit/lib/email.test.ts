import { expect, test } from 'bun:test'
import { foldEmail, isEmail } from '#lib/email.ts'

test.each([
  'ada@example.com',
  'Ada.Lovelace+zerg@Mail.Example.co.uk',
  "o'brien@example.com",
  'ädä@exämple.com',
  'a@b',
  `${'a'.repeat(64)}@example.com`,
])('%s is an address', text => {
  expect(isEmail(text)).toBe(true)
})

test.each([
  '',
  'ada',
  '@example.com',
  'ada@',
  'ada@@example.com',
  'ada @example.com',
  'ada@exam ple.com',
  'ada@example..com',
  'ada@example.com.',
  'ada@.example.com',
  'ada@-example.com',
  '"ada"@example.com',
  'ada@[127.0.0.1]',
  'Ada <ada@example.com>',
  'ada@example.com, bob@example.com',
  'ada\n@example.com',
  'a\u202Eda@example.com',
  'a\u200Bda@example.com',
  'ada\0@example.com',
  `${'a'.repeat(65)}@example.com`,
  `ada@${'a'.repeat(250)}.com`,
])('%j is none', text => {
  expect(isEmail(text)).toBe(false)
})

test('one person has one address, however they type it', () => {
  expect(foldEmail('ADA@Example.COM')).toBe('ada@example.com')
  expect(foldEmail('a\u0308da@example.com')).toBe(foldEmail('\u00E4da@example.com'))
})

import { expect, test } from 'bun:test'
import { commonPasswords, complaintAbout } from '#features/auth/password-rules.ts'

const ABOUT = ['Ada Lovelace', 'countess@example.com']
const complaint = async (password: string) =>
  complaintAbout(password, ABOUT, await commonPasswords())

test.each([
  'password1234',
  'P4ssw0rd!2026',
  'PASSWORD_____',
  'passwordpassword',
  'qwertyuiop12',
  'iloveyou2024!',
  'letmeinletmein',
  '!!!dragon!!!!',
  'monkey123456',
  '123456789012',
  '000000000000',
  'aaaaaaaaaaaa',
  'abcdefghijkl',
  'zyxwvutsrqpon',
  '987654321098',
  'countess-2026',
  'ada-lovelace-1',
  'LovelaceAda2',
  'ｐａｓｓｗｏｒｄ１２３４',
])('%s is refused', async password => {
  expect(await complaint(password)).toBeString()
})

test.each([
  'eleven purple kettles',
  'correct horse battery',
  'Tr0ub4dor&3xyz-9q',
  'xK9#mQ2$vL5@nR8',
  'сорок тысяч обезьян',
  '我喜歡在雨天喝熱茶讀書',
  'lovelace wrote the first program of all',
])('%s is fine', async password => {
  expect(await complaint(password)).toBeUndefined()
})

test('there are tens of thousands of common ones, each folded', async () => {
  const common = await commonPasswords()
  expect(common.size).toBeGreaterThan(30_000)
  for (const password of common) if (password !== password.toLowerCase()) throw new Error(password)
})

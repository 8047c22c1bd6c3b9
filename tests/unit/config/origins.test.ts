// Which origins a configuration may name, and how a slip of the pen is put right.

import { expect, test } from 'bun:test'
import { checkOrigins } from '#config/origins.ts'

test.each([
  [['*']],
  [['https://app.example.com', 'http://localhost:3000', 'https://[::1]:8443']],
  [['https://*.example.com']],
  [['https://*.example.com:8443', 'http://*.localhost:3000']],
])('%j is fine', parts => {
  expect(checkOrigins(parts)).toBeUndefined()
})

test.each([
  ['https://app.example.com/', /Write https:\/\/app\.example\.com\.$/],
  ['https://app.example.com/path', /Write https:\/\/app\.example\.com\.$/],
  ['https://App.Example.com', /Write https:\/\/app\.example\.com\.$/],
  ['https://app.example.com:443', /Write https:\/\/app\.example\.com\.$/],
  ['https://user@app.example.com', /Write https:\/\/app\.example\.com\.$/],
  ['https://münchen.example', /Write https:\/\/xn--mnchen-3ya\.example\.$/],
  ['app.example.com', /such as https:\/\/app/],
  ['https://', /such as https:\/\/app/],
  ['ftp://app.example.com', /such as https:\/\/app/],
  ['https://app.*.com', /such as https:\/\/app/],
  ['https://*example.com', /such as https:\/\/app/],
  ['https://app*.example.com', /such as https:\/\/app/],
  ['*.example.com', /such as https:\/\/app/],
  ['https://*', /such as https:\/\/app/],
  ['https://*.com', /a host of yours/],
  ['https://*.*.example.com', /a host of yours/],
  ['https://*.Example.com', /a host of yours/],
  ['https://*.example.com/', /a host of yours/],
  ['https://*.example.com:443', /a host of yours/],
  ['https://*.example.com@evil.test', /a host of yours/],
  ['https://*.192.0.2.1', /a host of yours/],
  ['null', /Serve the page from a host/],
])('%s is refused, and the fix says what to write', (part, fix) => {
  expect(checkOrigins([part])?.fix).toMatch(fix)
})

test('* beside a single origin is refused', () => {
  expect(checkOrigins(['*', 'https://app.example.com'])?.reason).toContain('beside *')
})

// What a client is told about its limit.

import { expect, test } from 'bun:test'
import { allow, deny, UNLIMITED } from '#platform/limits/decision.ts'
import { createPolicy } from '#platform/limits/policy.ts'
import { sayLimit } from '#transport/http/limit-headers.ts'

const policy = createPolicy('read', { limit: 600, windowMs: 60_000 })

test('an allowed request is told what is left, and when all of it is back', () => {
  const headers = {}
  sayLimit(headers, allow(policy, 41, 55_100))
  expect(headers).toEqual({
    'ratelimit-policy': '"read";q=600;w=60',
    ratelimit: '"read";r=41;t=56',
  })
})

test('a refused one is told when to come back', () => {
  const headers = {}
  sayLimit(headers, deny(policy, { resetMs: 60_000, waitMs: 90 }))
  expect(headers).toEqual({ 'ratelimit-policy': '"read";q=600;w=60', ratelimit: '"read";r=0;t=1' })
})

test('what nothing limits says nothing', () => {
  const headers = {}
  sayLimit(headers, UNLIMITED)
  expect(headers).toEqual({})
})

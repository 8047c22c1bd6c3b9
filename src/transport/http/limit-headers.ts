// What a client is told about its limit: RateLimit-Policy and RateLimit, as the IETF's draft for HTTP has
// them (draft-ietf-httpapi-ratelimit-headers).

import type { Decision } from '#platform/limits/decision.ts'
import type { Policy } from '#platform/limits/policy.ts'

// A policy lives as long as the process; its text is the same for every answer.
const texts = new WeakMap<Policy, string>()

/** Adds to the headers of an answer what the decision says; nothing where nothing is limited. */
export function sayLimit(headers: Record<string, string>, decision: Decision): void {
  const { policy, remaining, allowed, resetS, retryAfterS } = decision
  if (!policy) return
  headers['ratelimit-policy'] = textOf(policy)
  headers['ratelimit'] = `"${policy.name}";r=${remaining};t=${allowed ? resetS : retryAfterS}`
}

function textOf(policy: Policy): string {
  let text = texts.get(policy)
  if (text === undefined) {
    text = `"${policy.name}";q=${policy.limit};w=${Math.round(policy.windowMs / 1_000)}`
    texts.set(policy, text)
  }
  return text
}

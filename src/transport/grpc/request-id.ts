// The request id in a call's metadata: taken over from the client where it is well-formed.

import type { Metadata } from '@grpc/grpc-js'
import { newId } from '#lib/id.ts'

export const REQUEST_ID_KEY = 'x-request-id'

// The same that HTTP takes over, so that one id leads through both logs.
const WELL_FORMED = /^[\w.:~+/=@-]{1,128}$/

export function requestIdOf(metadata: Metadata): string {
  const [given] = metadata.get(REQUEST_ID_KEY)
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : newId()
}

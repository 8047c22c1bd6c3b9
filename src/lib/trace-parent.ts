// `traceparent` (W3C Trace Context): version, trace id, parent id, flags.

import { randomBytes } from 'node:crypto'

// An id of zeros is no id, and version ff no version.
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/

/** The trace that it names; null where it is not well-formed. */
export const traceIdOf = (traceparent: string): string | null =>
  TRACEPARENT.exec(traceparent)?.[1] ?? null

/** For a call that is part of this trace. Nothing is recorded here, so the flags say so. */
export const traceParentOf = (traceId: string): string =>
  `00-${traceId}-${randomBytes(8).toString('hex')}-00`

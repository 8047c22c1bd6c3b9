// What the document says of the API as a whole.

import type { Tag } from './documented.ts'

export const TITLE = 'Zerg'

export const DESCRIPTION = `Tasks and projects over HTTP. What holds for every operation:

- **JSON** in snake_case; ids are UUIDs in order of creation; times are RFC 3339 in UTC with milliseconds; what is absent is \`null\`. A body with an unknown field is refused, and the answer names the field; so is an unknown query parameter.
- **Errors** are \`application/problem+json\` (RFC 9457). Decide by \`code\`; [/errors](/errors) explains each one, \`/errors/{code}\` one of them. A path that does not exist answers 404 \`route_not_found\`, a method that a path does not know 405 \`method_not_allowed\` with \`Allow\`.
- **Methods**: every GET answers HEAD too, and every path OPTIONS.
- **Callers** say who they are with \`Authorization: Bearer …\`. What they may not see answers 404, what they may see but not do 403.
- **Lists** come in pages: follow \`next_cursor\` or the \`Link\` header. The order is total, so that no row is met twice or left out while others are added.
- **Changes** can be tied to what was read: send the \`ETag\` back as \`If-Match\` (or the \`version\` in the body), and a change that somebody else made meanwhile answers 412 instead of being overwritten.
- **Deadlines**: every request has one; \`Request-Timeout\` shortens it. Past it the answer is 504, and what still ran is cancelled.
- **Names of requests**: every answer carries \`X-Request-Id\`; W3C \`traceparent\` is taken up.
- **Shutdown**: an instance that is being replaced answers with \`Connection: close\`; open a new connection for the next request.`

/** Until there is a licence to name, none is given. */
export const LICENSE = {
  name: 'All rights reserved',
  identifier: 'LicenseRef-All-Rights-Reserved',
} as const

/** The name of the one way to say who is asking. */
export const BEARER = 'bearer'

export const SECURITY_SCHEMES = {
  [BEARER]: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An access token or an API key, in the `Authorization` header only. A key needs the scope that the operation names; an access token has all that its user may.',
  },
} as const

/** In the order of the document. */
export const TAGS: Readonly<Record<Tag, string>> = {
  auth: 'Signing in, staying signed in, signing out.',
  me: 'Whoever asks, and where they are signed in.',
  users: 'Who may sign in, and what they are.',
  tasks: 'Things to be done.',
  projects: 'What tasks can belong to.',
  members: 'Who takes part in a project, and as what.',
  keys: 'Keys that services and people call this API with.',
  audit: 'What was done, by whom and with what outcome.',
  errors: 'What each error code means, why it comes, and what to do.',
  health: 'Whether this instance lives, has started, and can answer.',
  document: 'This document.',
}

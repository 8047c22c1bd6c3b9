// docs/errors.md, from the table of error codes.

import { ERROR_CODES, type ErrorCode, errorEntry, isErrorCode } from '#lib/error-codes.ts'

export function errorsPage(): string {
  const codes = Object.keys(ERROR_CODES)
    .filter(isErrorCode)
    .toSorted((a, b) => errorEntry(a).status - errorEntry(b).status)
  return `${INTRODUCTION}
| status | code | in short |
| --- | --- | --- |
${codes.map(row).join('\n')}

${codes.map(section).join('\n\n')}
`
}

const row = (code: ErrorCode) =>
  `| ${errorEntry(code).status} | [\`${code}\`](#${code}) | ${errorEntry(code).title} |`

function section(code: ErrorCode): string {
  const { status, title, meaning, cause, fix } = errorEntry(code)
  return `## ${code}

${title} (HTTP ${status}).

- **Meaning:** ${meaning}
- **Cause:** ${cause}
- **Fix:** ${fix}`
}

const INTRODUCTION = `# Errors

Generated from \`src/lib/error-codes.ts\` by \`npm run generate\`. The same is told by
\`zerg explain CODE\` and by \`GET /errors/{code}\` of a running server.

Every error over HTTP is \`application/problem+json\` (RFC 9457):

\`\`\`json
{
  "type": "/errors/validation_failed",
  "title": "The request is not valid",
  "status": 422,
  "detail": "\`title\` must have 1 to 255 characters, not 0.",
  "instance": "/api/v1/tasks",
  "code": "validation_failed",
  "request_id": "01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60",
  "errors": [{ "pointer": "/title", "detail": "must have 1 to 255 characters, not 0" }]
}
\`\`\`

Decide by \`code\`: it never changes its meaning. \`title\` and \`detail\` are for people and may be worded
anew. New codes may be added, so treat one that you do not know by its \`status\`. \`errors\` names every
broken rule at once, by a JSON Pointer into the body or by the name of a parameter; where the code is
not about rules it is empty. 503 comes with \`Retry-After\`. Quote \`request_id\` when asking for help:
the log has it.

Over gRPC the same codes travel as \`ErrorInfo.reason\` beside a status of gRPC's own.
`

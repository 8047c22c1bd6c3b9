// The error codes as pages to read, without a script.

import type { CodeTold } from './error-shapes.ts'
import { answerHtml, escapeHtml } from './page.ts'
import style from './pages/errors.css' with { type: 'text' }

export function answerCodesPage(request: Request, codes: readonly CodeTold[]): Response {
  const rows = codes.map(
    ({ code, status, title }) =>
      `<tr><td>${status}</td><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${prose(title)}</td></tr>`,
  )
  return answerText(request, 'Error codes', [
    '<h1>Error codes</h1>',
    '<p>Every error is <code>application/problem+json</code> and carries one of these as its <code>code</code>.</p>',
    '<table><thead><tr><th>Status</th><th>Code</th><th>In short</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
  ])
}

export const answerCodePage = (request: Request, told: CodeTold): Response =>
  answerText(request, `${told.code}: ${told.title}`, [
    `<h1>${prose(told.title)}</h1>`,
    `<p><code>${told.code}</code>, HTTP status ${told.status}</p>`,
    '<dl>',
    `<dt>What it means</dt><dd>${prose(told.meaning)}</dd>`,
    `<dt>Why it comes</dt><dd>${prose(told.cause)}</dd>`,
    `<dt>What to do</dt><dd>${prose(told.fix)}</dd>`,
    '</dl>',
    '<p><a href="/errors">All error codes</a></p>',
  ])

const answerText = (request: Request, title: string, lines: readonly string[]) =>
  answerHtml(request, {
    title,
    style,
    varies: 'accept',
    body: `<main>\n${lines.join('\n')}\n</main>`,
  })

// The table is written in Markdown's words, of which only `code` occurs.
const prose = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')

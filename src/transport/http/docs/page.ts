// A page and its Content-Security-Policy: nothing is loaded from another host, no script stands in
// the page itself, and none is made from text ('unsafe-eval').

import { answerFile } from '../answers.ts'
import { FOR_PAGES } from '../security-headers.ts'
import icon from './pages/icon.svg' with { type: 'text' }

type Page = {
  title: string
  /** CSS that stands in the page itself; the policy names it by its hash. */
  style?: string
  /** Addresses of style sheets. */
  styles?: readonly string[]
  /** Addresses, in the order in which they run. */
  scripts?: readonly string[]
  /** HTML. */
  body: string
  /**
   * For libraries that make style elements while they run (Scalar, and styled-components in Redoc):
   * they get a nonce of this one answer, which `strict.client.js` hands on. Elements without it, and
   * style attributes in HTML, stay forbidden.
   */
  makesStyles?: boolean
  /** The request header by which the page was chosen, if it was. */
  varies?: 'accept'
}

/** The page, with a policy that fits it and nothing more. */
export function answerHtml(request: Request, page: Page): Response {
  const nonce = page.makesStyles ? newNonce() : undefined
  return answerFile(request, htmlOf(page, nonce), {
    type: 'text/html; charset=utf-8',
    // A nonce is good for one answer, so a page that has one is kept nowhere.
    cacheControl: nonce === undefined ? 'private, no-cache' : 'no-store',
    headers: {
      ...FOR_PAGES,
      'content-security-policy': policyOf(page, nonce),
      ...(page.varies && { vary: page.varies }),
    },
  })
}

const policyOf = ({ style }: Page, nonce: string | undefined) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${style === undefined ? '' : ` '${hashOf(style)}'`}${nonce === undefined ? '' : ` 'nonce-${nonce}'`}`,
    // The document, and the requests that a reader tries out against this host.
    "connect-src 'self'",
    // Small pictures are written into the libraries' style sheets.
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const hashOf = (text: string) =>
  `sha256-${new Bun.CryptoHasher('sha256').update(text).digest('base64')}`

const newNonce = () => crypto.getRandomValues(new Uint8Array(16)).toBase64()

const htmlOf = ({ title, style, styles = [], scripts = [], body }: Page, nonce?: string) =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${nonce === undefined ? '' : `<meta property="csp-nonce" content="${nonce}">\n`}<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
${style === undefined ? '' : `<style>${style}</style>\n`}${styles.map(url => `<link rel="stylesheet" href="${url}">\n`).join('')}${scripts.map(url => `<script src="${url}" defer></script>\n`).join('')}</head>
<body>
${body}
</body>
</html>
`

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

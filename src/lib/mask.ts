// Secrets out of texts that people will read: logs, problems, reports. Two nets, since either has
// holes: what looks like a secret by its place, and the very secrets that this process was given.

export const MASKED = '***'

/** Shorter ones are words that stand in any text; their place gives them away. */
const SECRET_LENGTH_MIN = 8

const SECRET_NAMES =
  '[\\w-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key)|(?:proxy-)?authorization|(?:set-)?cookie'

// Each keeps what stands before the secret (group 1) and after it (group 2).
const PLACES: readonly RegExp[] = [
  // postgres://user:password@host
  /(\b[a-z][\w+.-]*:\/\/[^\s:/@"'\\]*:)[^\s"'\\]*?(@(?=[^\s@"']*(?:[\s/?#"':,;)\]]|$)))/gi,
  // Authorization: Bearer …
  /(\b(?:bearer|basic|digest)\s+)[\w+.~/=-]{6,}()/gi,
  // {"password":"…"}
  new RegExp(String.raw`("(?:${SECRET_NAMES})"\s*:\s*")(?:[^"\\]|\\.)+(")`, 'gi'),
  // The same inside of a JSON text: {\"password\":\"…\"}
  new RegExp(String.raw`(\\"(?:${SECRET_NAMES})\\"\s*:\s*\\")(?:[^"\\]|\\[^"])+(\\")`, 'gi'),
  // password=…, ?access_token=…
  /(\b[\w-]*(?:password|passwd|secret|token|api[_-]?key)=)[^\s&"'\\;,]+()/gi,
  // A token of our own, wherever it stands.
  new RegExp(String.raw`(\bzerg_(?:key|op)_)[0-9A-Za-z]{8,}()`, 'g'),
  // A JSON Web Token, wherever it stands.
  /(\b)eyJ[\w-]{8,}\.[\w-]+\.[\w-]*()/g,
]

// Most texts hold none of these words; one look spares them the rest.
const SUSPECT =
  /:\/\/[^\s/"]*@|bearer|basic |digest |passw|secret|token|api[_-]?key|private[_-]?key|authorization|cookie|eyJ|zerg_/i

/** What looks like a secret by its place is replaced by `***`. */
export function maskText(text: string): string {
  if (!SUSPECT.test(text)) return text
  let masked = text
  for (const place of PLACES) masked = masked.replace(place, `$1${MASKED}$2`)
  return masked
}

/** A function that also replaces these very secrets, however they are written: raw, in JSON, in a URL. */
export function createMask(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = new Set<string>()
  for (const secret of secrets.flatMap(secretsWithin))
    for (const form of formsOf(secret)) if (form.length >= SECRET_LENGTH_MIN) known.add(form)
  const literals = [...known].toSorted((a, b) => b.length - a.length)

  return text => {
    let masked = text
    for (const literal of literals)
      if (masked.includes(literal)) masked = masked.replaceAll(literal, MASKED)
    return maskText(masked)
  }
}

// Of a URL only the password is a secret.
function secretsWithin(secret: string | undefined): string[] {
  if (secret === undefined) return []
  if (!secret.includes('://')) return [secret]
  const password = /^[^/]*\/\/[^:/@]*:(.*)@/.exec(secret)?.[1]
  return password === undefined ? [] : [password]
}

function formsOf(secret: string): string[] {
  const plain = decoded(secret)
  return [secret, plain, encodeURIComponent(plain.toWellFormed())].flatMap(form => [
    form,
    JSON.stringify(form).slice(1, -1),
  ])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

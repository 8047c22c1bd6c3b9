// A flood of sign-ins, in a process of its own: asked for at a steady rate, whatever is answered and
// however late. Takes what is wanted as JSON from the command line, and prints how often each status and
// code came when its standard input ends and the last one has been answered.

export type SignIns = {
  url: string
  perS: number
  /** Each in turn is tried once with this password and once with a wrong one. */
  emails: readonly string[]
  password: string
}

export type SignInFigures = { asked: number; answers: Record<string, number> }

const wanted: SignIns = JSON.parse(process.argv[2] ?? '{}')
const figures: SignInFigures = { asked: 0, answers: {} }
const waiting = new Set<Promise<void>>()
const over = new AbortController()
void Bun.stdin.text().then(() => over.abort())

const startedAtMs = performance.now()
while (!over.signal.aborted) {
  const dueMs = startedAtMs + (figures.asked / wanted.perS) * 1_000
  const earlyMs = dueMs - performance.now()
  if (earlyMs > 0) {
    await Bun.sleep(Math.min(earlyMs, 100))
    continue
  }
  const attempt = signIn(figures.asked++).catch(() => count('no answer'))
  waiting.add(attempt)
  void attempt.then(() => waiting.delete(attempt))
}
await Promise.all(waiting)
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit(0)

async function signIn(index: number): Promise<void> {
  const { url, emails, password } = wanted
  const isRight = index % 2 === 0
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(index) },
    body: JSON.stringify({
      email: emails[Math.floor(index / 2) % emails.length],
      password: isRight ? password : `${password} or not`,
    }),
  })
  const { code } = (await answer.json()) as { code?: string }
  count(code === undefined ? String(answer.status) : `${answer.status} ${code}`)
}

function count(what: string): void {
  figures.answers[what] = (figures.answers[what] ?? 0) + 1
}

// Of 4,096 networks, as a trusted proxy tells them.
function addressOf(index: number): string {
  return `203.0.${(index >> 4) & 0xff}.${(index & 0xf) + 1}`
}

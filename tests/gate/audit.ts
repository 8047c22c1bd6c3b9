// The step `audit` of the gate: known vulnerabilities of what bun.lock pins (`bun audit`). One that is
// high or critical fails it. Where the registry gives no answer it is skipped, counted and named.

import { appendFileSync } from 'node:fs'

/** By the exit code of a step: it could not be made here. */
export const SKIPPED = 75

type Advisory = { severity: string; title: string; url: string; vulnerable_versions: string }

export type Verdict = { code: number; lines: readonly string[] }

const FAILING = new Set(['high', 'critical'])

/** What the output of `bun audit --json` means. */
export function judge(said: { stdout: string; stderr: string }): Verdict {
  const found = advisoriesIn(said.stdout)
  if (!found) return { code: SKIPPED, lines: [said.stderr.trim() || 'no answer'] }
  const lines = found.map(
    ({ name, severity, title, url, vulnerable_versions: versions }) =>
      `${severity}: ${name} ${versions}: ${title} (${url})`,
  )
  return { code: found.some(({ severity }) => FAILING.has(severity)) ? 1 : 0, lines }
}

function advisoriesIn(stdout: string): readonly (Advisory & { name: string })[] | undefined {
  try {
    const byPackage = JSON.parse(stdout) as Record<string, Advisory[]>
    return Object.entries(byPackage).flatMap(([name, list]) => list.map(it => ({ name, ...it })))
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const audit = Bun.spawn([process.execPath, 'audit', '--json'], {
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 60_000,
  })
  const [stdout, stderr] = await Promise.all([
    new Response(audit.stdout).text(),
    new Response(audit.stderr).text(),
  ])
  const { code, lines } = judge({ stdout, stderr })
  process.stderr.write(lines.map(line => `audit: ${line}\n`).join(''))
  const report = process.env['GATE_SKIPS']
  if (code === SKIPPED && report)
    appendFileSync(report, 'audit: a registry that answers `bun audit`\n')
  process.exit(code)
}

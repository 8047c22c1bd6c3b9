// Programs that a test needs but npm cannot bring. Where one is missing the test is skipped, counted
// and named with the command that gets it; in CI (CI=true) it fails instead.

import { appendFileSync } from 'node:fs'
import { test } from 'bun:test'

type Tool = { command: string; elsewhere?: readonly string[]; install: string }

const TOOLS = {
  chromium: {
    command: 'chromium',
    elsewhere: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    install: 'apt-get install chromium',
  },
  pgbouncer: {
    command: 'pgbouncer',
    elsewhere: ['/usr/sbin/pgbouncer'],
    install: 'apt-get install pgbouncer',
  },
  redis: {
    command: 'redis-server',
    elsewhere: ['/usr/bin/redis-server', '/usr/bin/valkey-server', '/usr/local/bin/valkey-server'],
    install: 'apt-get install redis-server',
  },
  openssl: { command: 'openssl', install: 'apt-get install openssl' },
  wrk: { command: 'wrk', install: 'apt-get install wrk' },
  unshare: { command: 'unshare', install: 'apt-get install util-linux' },
  zsh: { command: 'zsh', install: 'apt-get install zsh' },
  fish: { command: 'fish', install: 'apt-get install fish' },
} as const satisfies Record<string, Tool>

export type ToolName = keyof typeof TOOLS

/** The program's path, or undefined where it is not installed. */
export function findTool(name: ToolName): string | undefined {
  const { command, elsewhere = [] }: Tool = TOOLS[name]
  return Bun.which(command) ?? elsewhere.find(path => Bun.which(path) !== null)
}

/** `test`, or, where the tool is missing, a skipped test that tells the gate how to get it. */
export function testWith(name: ToolName): typeof test | typeof test.skip {
  if (findTool(name) || process.env['CI'] === 'true') return test
  const report = process.env['GATE_SKIPS']
  if (report) appendFileSync(report, `${name}: ${TOOLS[name].install}\n`)
  return test.skip
}

// The server: starts, says where it listens, and serves until it is told to stop.

import { loadConfig } from '#config/load.ts'
import { secretsOf } from '#config/settings.ts'
import { createLog } from '#platform/observability/log.ts'
import { serve } from '../../src/server.ts'
import { command } from '../command.ts'
import { takeSignal } from '../early-signals.ts'
import { settingFlags, typedSettings } from '../setting-flags.ts'
import { showBanner } from '../output/banner.ts'
import { hasColor } from '../output/stream.ts'
import { warnings } from '../output/warnings.ts'

export default command({
  details:
    'With nothing configured it starts at once, with an embedded database in .zerg, for this machine alone. ' +
    'SIGTERM drains and ends it; so does Ctrl-C, sooner, and a second Ctrl-C cuts.',
  examples: [
    ['zerg serve', 'Embedded database, data in .zerg.'],
    ['zerg serve --ephemeral --port 0', 'Nothing kept, any free port.'],
    ['DATABASE_URL=postgres://… zerg serve', 'PostgreSQL.'],
    ['zerg serve --roles tasks', 'Only the gRPC Tasks service.'],
  ],
  settings: 'listed',
  args: settingFlags,
  async run({ args }) {
    const { config } = loadConfig({ flags: typedSettings(args) })
    const { log, flush } = createLog({
      ...config.log,
      secrets: secretsOf(config),
      isColourful: hasColor(1),
    })
    try {
      for (const warning of warnings(config)) log.warn(warning.details, warning.message)
      const report = await serve({
        config,
        log,
        onReady: ready => showBanner({ config, ready }),
        isWatched: process.stderr.isTTY === true,
        askedBefore: takeSignal,
      })
      return report.exit_code
    } finally {
      await flush()
    }
  },
})

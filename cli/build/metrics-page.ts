// docs/metrics.md: every series, from the registry that declares it. Names and labels are a promise to
// dashboards and alerts, so a change of them shows in a diff.

import { createMetrics } from '#platform/observability/metrics.ts'

type Described = { name: string; help: string; type: unknown; labelNames?: unknown }

export function metricsPage(): string {
  const metrics: readonly Described[] = createMetrics().registry.getMetricsAsArray()
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(it => `| \`${it.name}\` | ${String(it.type)} | ${labelsOf(it)} | ${it.help} |`)
  return [
    '# Metrics',
    '',
    'Made from `src/platform/observability/metrics.ts` by `npm run generate`; do not edit.',
    '',
    'Served as `/metrics` on the operations port (`ZERG_OPS_PORT`): to whoever shows `ZERG_OPS_TOKEN`, or, where that is not set, to this machine only. Label values come from fixed sets, never from what clients send: `route` is a template, unknown methods are `OTHER`, paths that nobody serves `unmatched`. The `zerg_shutdown_…` counters are of instances that ended: each is counted by exactly one that lives on.',
    '',
    ...SCRAPE,
    '',
    '| name | type | labels | help |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

const SCRAPE = [
  '```yaml',
  '# prometheus.yml',
  'scrape_configs:',
  '  - job_name: zerg',
  '    authorization:',
  '      credentials_file: /etc/prometheus/zerg-ops-token # the value of ZERG_OPS_TOKEN',
  '    static_configs:',
  "      - targets: ['zerg.internal:9090']",
  '```',
]

const labelsOf = ({ labelNames }: Described): string =>
  Array.isArray(labelNames) ? labelNames.map(label => `\`${String(label)}\``).join(', ') : ''

// What a person sees when a server is ready: where it listens, where the data lies, what to try.

import type { Config } from '#config/schema.ts'
import { VERSION } from '#lib/version.ts'
import type { Ready } from '../../src/server.ts'
import { styled, write } from './stream.ts'

/** On a terminal only; elsewhere the log says it. */
export function showBanner({ config, ready }: { config: Config; ready: Ready }): void {
  if (process.stderr.isTTY !== true) return
  write(2, bannerText({ config, ready }))
}

export function bannerText({ config, ready }: { config: Config; ready: Ready }): string {
  const { ports } = ready
  const host = hostInUrl(ready.host)
  const rows: [string, string | undefined][] = [
    ['API', ports.http && `http://${host}:${ports.http}/api/v1`],
    ['Docs', config.http.docs && ports.http ? `http://${host}:${ports.http}/docs` : undefined],
    ['gRPC', ports.grpc && `${host}:${ports.grpc}`],
    ['Operations', `http://${host}:${ports.operations}/health`],
    ['Database', databaseText(config, ready)],
    ['Stop', 'Ctrl-C; a second Ctrl-C cuts'],
  ].filter((row): row is [string, string] => Boolean(row[1])) as [string, string][]
  const lines = rows.map(([name, value]) => `  ${styled(2, 'bold', name.padEnd(12))}${value}`)
  const url = ports.http && `http://${host}:${ports.http}`
  const first = url ? ['', '  Try:', `  ${curlLine(url, ready.firstKey)}`] : []
  return [
    '',
    `  ${styled(2, 'bold', `Zerg ${VERSION}`)} is ready`,
    '',
    ...lines,
    ...firstKeyLines(ready),
    ...first,
    '',
    '',
  ].join('\n')
}

const firstKeyLines = ({ firstKey }: Ready): string[] =>
  firstKey === undefined
    ? []
    : [
        '',
        `  ${styled(2, 'bold', 'The first API key')}, an administrator’s. It is shown this once:`,
        `  ${firstKey}`,
      ]

// One line that works when it is pasted, where the key is known.
const curlLine = (url: string, key = '$ZERG_KEY') =>
  `curl -s ${url}/api/v1/tasks -H "authorization: Bearer ${key}" -H 'content-type: application/json' -d '{"title":"Try Zerg"}'`

function databaseText({ database }: Config, { dataDir, fresh }: Ready): string {
  if (database.url !== undefined) return 'PostgreSQL'
  if (dataDir === null) return 'embedded, in memory: nothing is kept'
  return `embedded, in ${dataDir}${fresh ? ' (new)' : ''}: not for production`
}

// What listens on every address can be reached on this machine's own.
export function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

// An authority of the test's own, and a certificate for a server by the name that is given.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Certificates = { ca: string; cert: string; key: string; folder: string; drop(): void }

/** Files in PEM; `name` is a subject alternative name such as `DNS:localhost` or `IP:127.0.0.1`. */
export function makeCertificates(name: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-certificates-'))
  const file = (of: string) => join(folder, of)
  const days = ['-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(file('names'), `subjectAltName=${name}\n`)
  openssl(
    ['req', '-x509', ...key, ...days, '-subj', '/CN=Test authority'],
    ['-keyout', file('ca.key'), '-out', file('ca.crt')],
  )
  openssl(
    ['req', ...key, '-subj', '/CN=server'],
    ['-keyout', file('server.key'), '-out', file('server.csr')],
  )
  openssl(
    ['x509', '-req', ...days, '-in', file('server.csr'), '-CA', file('ca.crt')],
    [
      '-CAkey',
      file('ca.key'),
      '-CAcreateserial',
      '-extfile',
      file('names'),
      '-out',
      file('server.crt'),
    ],
  )
  chmodSync(folder, 0o755)
  return {
    ca: file('ca.crt'),
    cert: readFileSync(file('server.crt'), 'utf8'),
    key: readFileSync(file('server.key'), 'utf8'),
    folder,
    drop: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function openssl(...args: string[][]) {
  const { status, stderr, error } = spawnSync('openssl', args.flat(), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl failed: ${error?.message ?? stderr}`)
}

import { expect, test } from 'bun:test'
import { readConfig } from '#config/load.ts'

const of = (environment: Record<string, string>) => readConfig({ environment, folder: '/nowhere' })

test.each<[string, string]>([
  ['ZERG_SECRET', 'short'],
  ['ZERG_SESSION_MAX', '500ms'],
  ['ZERG_SESSION_MAX', '9000h'],
  ['ZERG_SIGNING_KEY', 'a passphrase'],
  ['ZERG_SIGNING_KEY', '[]'],
  ['ZERG_SIGNING_KEY', '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----'],
  ['ZERG_OIDC_JWKS_URL', 'http://login.example.com/keys'],
  ['ZERG_OIDC_JWKS_URL', 'file:///etc/passwd'],
  ['ZERG_OIDC_JWKS_URL', 'https://ada:hunter2@login.example.com/keys'],
  ['ZERG_OIDC_ROLES', 'staff=root'],
  ['ZERG_OIDC_ROLES', '=admin'],
  ['ZERG_OIDC_ROLES', 'staff'],
])('%s of %j is refused, and a secret is not shown', (name, text) => {
  const { problems } = of({ [name]: text })
  expect(problems.map(problem => problem.name)).toEqual([name])
  if (name === 'ZERG_SECRET' || name === 'ZERG_SIGNING_KEY')
    expect(JSON.stringify(problems)).not.toContain(JSON.stringify(text).slice(1, -1))
})

test('what people call roles elsewhere means one here, whatever signs it holds', () => {
  const { config, problems } = of({ ZERG_OIDC_ROLES: 'cn=ops,staff = user, ou=x=auditor' })
  expect(problems).toMatchObject([{ name: 'ZERG_OIDC_ROLES' }])
  expect(config.oidc.roles).toEqual([])
  const mapped = of({ ZERG_OIDC_ROLES: 'cn=ops=admin, staff = user' }).config.oidc.roles
  expect(mapped).toEqual([
    { theirs: 'cn=ops', role: 'admin' },
    { theirs: 'staff', role: 'user' },
  ])
})

test('keys may be fetched from this machine without TLS', () => {
  for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000'])
    expect(of({ ZERG_OIDC_JWKS_URL: `http://${host}/keys` }).problems).toEqual([])
})

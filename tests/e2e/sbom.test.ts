// What the executable says that it is made of: valid CycloneDX, and nothing is missing.

import { beforeAll, expect, test } from 'bun:test'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import manifest from '../../package.json' with { type: 'json' }
import { runZerg } from '../../bench/lab/zerg.ts'

type Component = {
  name: string
  version: string
  purl: string
  'bom-ref': string
  licenses?: readonly unknown[]
  hashes?: readonly { alg: string; content: string }[]
}

type Sbom = {
  metadata: { component: Component }
  components: readonly Component[]
  dependencies: readonly { ref: string; dependsOn?: readonly string[] }[]
}

let text = ''
let sbom: Sbom
beforeAll(async () => {
  const run = await runZerg(['version', '--sbom'])
  expect(run.code).toBe(0)
  text = run.stdout
  sbom = JSON.parse(text) as Sbom
})

test('it fits the schema of CycloneDX, licences included', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
  expect(await validator.validate(text)).toBeNull()
})

// A schema that lets everything pass would prove nothing.
test('the schema notices a licence that there is not', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
  expect(await validator.validate(text.replace('"id": "MIT"', '"id": "MITT"'))).not.toBeNull()
})

test('what it stands on is in it, in the versions that are pinned', () => {
  const listed = new Map(sbom.components.map(({ name, version }) => [name, version]))
  for (const name of ['elysia', 'postgres', '@grpc/grpc-js', '@electric-sql/pglite', 'pino'])
    expect(listed.has(name), name).toBe(true)
  const pinned = Object.entries(manifest.dependencies).filter(([name]) => listed.has(name))
  for (const [name, version] of pinned)
    expect(`${name}@${listed.get(name)}`).toBe(`${name}@${version}`)
  expect(listed.get('bun')).toBe(manifest.devDependencies.bun)
})

test('so are the pages of the API document, and no tool that only builds or tests', () => {
  const names = sbom.components.map(({ name }) => name)
  for (const page of ['@scalar/api-reference', 'redoc', 'swagger-ui-dist'])
    expect(names).toContain(page)
  for (const tool of ['typescript', 'oxlint', 'playwright-core', 'ajv'])
    expect(names).not.toContain(tool)
})

test('each has a licence, a hash of what was downloaded, and a name for scanners', () => {
  for (const { name, version, purl, licenses, hashes } of sbom.components) {
    expect(licenses, name).toHaveLength(1)
    expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`)
    if (name === 'bun') continue
    expect(hashes?.[0], name).toEqual({
      alg: 'SHA-512',
      content: expect.stringMatching(/^[\da-f]{128}$/),
    })
  }
})

test('who needs whom leads from Zerg to every one of them', () => {
  const needs = new Map(sbom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]))
  const reached = new Set<string>()
  const visit = (ref: string): void => {
    if (reached.has(ref)) return
    reached.add(ref)
    needs.get(ref)?.forEach(visit)
  }
  visit(sbom.metadata.component['bom-ref'])
  expect(sbom.components.map(it => it['bom-ref']).filter(ref => !reached.has(ref))).toEqual([])
})

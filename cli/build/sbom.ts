// The software bill of materials (CycloneDX 1.6, ECMA-424): which packages go into the executable, with
// version, licence and hash. Asks the bundler what it takes, so that nothing is listed by guess.

import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { SBOM_FILE } from '../sbom.ts'
import { root } from './fingerprint.ts'

type Manifest = {
  name: string
  version: string
  license?: string
  dependencies?: Readonly<Record<string, string>>
  devDependencies?: Readonly<Record<string, string>>
  peerDependencies?: Readonly<Record<string, string>>
}

/** A package as it lies in `node_modules`; `place` is its path in there, as in `a` or `a/node_modules/b`. */
type Package = { place: string; manifest: Manifest; integrity: string | undefined }

type Lock = { packages: Readonly<Record<string, readonly unknown[]>> }

/** Writes the list to where the executable takes it from. */
export async function makeSbom(): Promise<void> {
  await mkdir(dirname(SBOM_FILE), { recursive: true })
  // The bundler looks for the file while it is asked what else there is.
  if (!(await Bun.file(SBOM_FILE).exists())) await Bun.write(SBOM_FILE, '{}')
  const lock = Bun.JSONC.parse(await Bun.file(join(root, 'bun.lock')).text()) as Lock
  const places = placesIn(await bundled())
  const packages = await Promise.all(places.map(place => readPackage(place, lock)))
  await Bun.write(SBOM_FILE, `${JSON.stringify(sbomOf(packages), null, 2)}\n`)
}

/** Every file that the executable is made of. */
async function bundled(): Promise<readonly string[]> {
  const { metafile } = await Bun.build({
    entrypoints: [join(root, 'cli/main.ts')],
    target: 'bun',
    format: 'esm',
    metafile: true,
  })
  if (!metafile) throw new Error('The bundler does not say what it takes.')
  return Object.keys(metafile.inputs)
}

const PACKAGE = /(?:^|\/)node_modules\/((?:(?:@[^/]+\/)?[^/]+\/node_modules\/)*(?:@[^/]+\/)?[^/]+)/

const placesIn = (files: readonly string[]): readonly string[] =>
  [...new Set(files.flatMap(file => PACKAGE.exec(file)?.[1] ?? []))].toSorted()

async function readPackage(place: string, lock: Lock): Promise<Package> {
  const manifest: Manifest = await Bun.file(
    join(root, 'node_modules', place, 'package.json'),
  ).json()
  const locked = lock.packages[place.replaceAll('/node_modules/', '/')]
  const integrity = locked?.at(-1)
  return { place, manifest, integrity: typeof integrity === 'string' ? integrity : undefined }
}

function sbomOf(packages: readonly Package[]) {
  const own: Package = { place: '', manifest, integrity: undefined }
  const runtime = {
    type: 'platform',
    'bom-ref': `bun@${Bun.version}`,
    name: 'bun',
    version: Bun.version,
    description: 'The JavaScript runtime that the executable consists of beside our code.',
    licenses: licensesOf('MIT'),
    purl: `pkg:npm/bun@${Bun.version}`,
  }
  const content = {
    metadata: {
      tools: {
        components: [{ type: 'application', name: 'zerg build', version: manifest.version }],
      },
      component: {
        type: 'application',
        'bom-ref': refOf(own),
        name: manifest.name,
        version: manifest.version,
        purl: `pkg:generic/${manifest.name}@${manifest.version}`,
      },
    },
    components: [runtime, ...packages.map(componentOf)],
    dependencies: [
      { ref: refOf(own), dependsOn: [runtime['bom-ref'], ...neededBy(own, packages)].toSorted() },
      { ref: runtime['bom-ref'] },
      ...packages.map(it => ({ ref: refOf(it), dependsOn: neededBy(it, packages) })),
    ],
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  }
}

const refOf = ({ manifest: { name, version } }: Package) => `${name}@${version}`

const componentOf = ({ manifest, integrity, ...it }: Package) => ({
  type: 'library',
  'bom-ref': refOf({ manifest, integrity, ...it }),
  name: manifest.name,
  version: manifest.version,
  ...(manifest.license && { licenses: licensesOf(manifest.license) }),
  ...(integrity && { hashes: [hashOf(integrity)] }),
  purl: `pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`,
})

const licensesOf = (license: string) =>
  / (?:AND|OR|WITH) /.test(license) ? [{ expression: license }] : [{ license: { id: license } }]

// npm's `sha512-<base64>` (Subresource Integrity).
function hashOf(integrity: string) {
  const [algorithm = '', digest = ''] = integrity.split('-')
  return {
    alg: algorithm.replace('sha', 'SHA-'),
    content: Buffer.from(digest, 'base64').toString('hex'),
  }
}

/** Found as Node.js finds them: beside what needs it first, then at the top. */
function neededBy({ place, manifest }: Package, packages: readonly Package[]): readonly string[] {
  const own = place === '' ? { ...manifest.dependencies, ...manifest.devDependencies } : {}
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...own })
  const at = new Map(packages.map(it => [it.place, it]))
  return names
    .flatMap(name => at.get(`${place}/node_modules/${name}`) ?? at.get(name) ?? [])
    .map(refOf)
    .toSorted()
}

// The same content has the same number wherever it is built.
function uuidOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

if (import.meta.main) await makeSbom()

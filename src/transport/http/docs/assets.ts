// The files that the pages load, inside the executable. Their names carry a hash of what is in them,
// so that a browser keeps them for good and still never sees an old one.

import scalar from '../../../../node_modules/@scalar/api-reference/dist/browser/standalone.js' with { type: 'file' }
import redoc from 'redoc/bundles/redoc.standalone.js' with { type: 'file' }
import swaggerStyle from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import swagger from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import startRedoc from './pages/redoc.client.js' with { type: 'file' }
import startScalar from './pages/scalar.client.js' with { type: 'file' }
import strict from './pages/strict.client.js' with { type: 'file' }
import startSwagger from './pages/swagger.client.js' with { type: 'file' }

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const ASSETS = {
  scalar: { path: scalar, extension: 'js', type: SCRIPT },
  redoc: { path: redoc, extension: 'js', type: SCRIPT },
  swagger: { path: swagger, extension: 'js', type: SCRIPT },
  'swagger-style': { path: swaggerStyle, extension: 'css', type: STYLE },
  'start-scalar': { path: startScalar, extension: 'js', type: SCRIPT },
  'start-redoc': { path: startRedoc, extension: 'js', type: SCRIPT },
  'start-swagger': { path: startSwagger, extension: 'js', type: SCRIPT },
  strict: { path: strict, extension: 'js', type: SCRIPT },
} as const

export type AssetName = keyof typeof ASSETS

const hashes = new Map<AssetName, Promise<string>>()

/** Where the pages find it, such as `/docs/assets/scalar-1f0c….js`. */
export const assetUrl = async (name: AssetName): Promise<string> =>
  `/docs/assets/${await fileNameOf(name)}`

/** What lies under this file name; undefined for any other. The file is read only as it is sent. */
export async function findAsset(fileName: string) {
  const name = Object.keys(ASSETS)
    .filter(isAssetName)
    .find(name => isNamed(fileName, name))
  if (!name || fileName !== (await fileNameOf(name))) return undefined
  const { path, type } = ASSETS[name]
  return { file: Bun.file(path), type, etag: `"${await hashOf(name)}"` }
}

const isAssetName = (name: string): name is AssetName => Object.hasOwn(ASSETS, name)

const isNamed = (fileName: string, name: AssetName) =>
  fileName.length === `${name}-.${ASSETS[name].extension}`.length + HASH_CHARACTERS &&
  fileName.startsWith(`${name}-`)

const fileNameOf = async (name: AssetName) =>
  `${name}-${await hashOf(name)}.${ASSETS[name].extension}`

const HASH_CHARACTERS = 16

// Hashed once, when first asked for: most processes never show a page.
function hashOf(name: AssetName): Promise<string> {
  const known = hashes.get(name)
  if (known) return known
  const hash = hashFile(ASSETS[name].path)
  hashes.set(name, hash)
  return hash
}

async function hashFile(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return hasher.digest('hex').slice(0, HASH_CHARACTERS)
}

// The software bill of materials that the executable carries. From source it is made anew each time.

import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')

export const SBOM_FILE = join(ROOT, '.cache/sbom.cdx')

// Compiled modules live in a file system of their own, which no directory of the host is named like.
const COMPILED = /^(?:\/\$bunfs|[A-Z]:[\\/]~BUN)/.test(import.meta.dir)

/** CycloneDX, as JSON. */
export async function readSbom(): Promise<string> {
  if (!COMPILED) return await make()
  // The literal path makes the bundler take the file along.
  const embedded = await import('../.cache/sbom.cdx', { with: { type: 'file' } })
  return await Bun.file(embedded.default).text()
}

// In a process of its own, so that the bundler stays out of the executable.
async function make(): Promise<string> {
  const maker = Bun.spawn([process.execPath, join(ROOT, 'cli/build/sbom.ts')], {
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const [problems, code] = await Promise.all([new Response(maker.stderr).text(), maker.exited])
  if (code !== 0) throw new Error(`The bill of materials could not be made: ${problems}`)
  return await Bun.file(SBOM_FILE).text()
}

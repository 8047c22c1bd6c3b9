// Whether an executable is as new as what it is made of.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Glob } from 'bun'

export const root = join(import.meta.dir, '../..')

/** Hash of every file that ends up in the executable. */
async function sourcesFingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const files: string[] = ['package.json', 'bun.lock']
  for await (const file of new Glob('{src,cli}/**/*').scan({ cwd: root, onlyFiles: true }))
    files.push(file)
  for (const file of files.toSorted()) {
    hash.update(file)
    hash.update(new Uint8Array(await Bun.file(join(root, file)).arrayBuffer()))
  }
  hash.update(await commitOf(root))
  return hash.digest('hex')
}

const stampOf = (outfile: string) => `${outfile}.stamp`

export async function isCurrent(outfile: string): Promise<boolean> {
  const stamp = Bun.file(stampOf(outfile))
  if (!(await Bun.file(outfile).exists()) || !(await stamp.exists())) return false
  return (await stamp.text()) === (await sourcesFingerprint())
}

export async function recordBuild(outfile: string): Promise<void> {
  await Bun.write(stampOf(outfile), await sourcesFingerprint())
}

/** The commit that is checked out, with `+` where files differ from it; `unknown` outside of git. */
export async function commitOf(folder: string): Promise<string> {
  try {
    const commit = await Bun.$`git -C ${folder} rev-parse --short=12 HEAD`.quiet().text()
    const changed = await Bun.$`git -C ${folder} status --porcelain -- src cli package.json`
      .quiet()
      .text()
    return commit.trim() + (changed === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}

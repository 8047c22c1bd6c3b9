// Who may have a data directory, and what is said to who may not.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readHolder } from '#platform/embedded/lock.ts'
import { DatabaseFailure } from '#platform/postgres/failure.ts'
import { killPrograms, makeFolder, openTestEmbedded, runProgram } from '../../support/embedded.ts'
import { rejection, within } from '../../support/eventually.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(async () => {
  await killPrograms()
  await folder.remove()
})

describe('a directory that another process has', () => {
  test('is refused by any path to it, naming that process', async () => {
    const directory = join(folder.path, 'data')
    const holder = runProgram('open', { directory })
    expect(await within(holder.line(), 20_000)).toBe('open fresh')
    const link = join(folder.path, 'link')
    await symlink(directory, link)
    for (const path of [directory, link, join(folder.path, '.', 'link', '..', 'data')]) {
      const refusal = await refusalOf(path)
      expect(refusal.message).toContain(`process ${holder.pid} on `)
      expect(refusal.message).toContain('running since 20')
      expect(refusal.fix).toContain('--data-dir')
    }
    await holder.kill()
  }, 40_000)

  test('is free again after its process was killed, without anybody cleaning up', async () => {
    const holder = runProgram('open', { directory: folder.path })
    expect(await within(holder.line(), 20_000)).toBe('open fresh')
    await holder.kill()
    expect(readHolder(folder.path)).toMatchObject({ pid: holder.pid })
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    expect(embedded.fresh).toBe(false)
    await embedded.close()
  }, 40_000)

  test('says where that one listens, once it does', async () => {
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    embedded.announce({ ports: { http: 8080, grpc: 50_051 }, address: '127.0.0.1' })
    expect(readHolder(folder.path)).toMatchObject({
      pid: process.pid,
      ports: { http: 8080, grpc: 50_051 },
    })
    const refusal = await refusalOf(folder.path)
    expect(refusal.message).toContain('listening on http 8080, grpc 50051')
    await embedded.close()
    expect(readHolder(folder.path)).toBeUndefined()
  }, 40_000)

  test('is not taken away by a start that failed', async () => {
    await mkdir(join(folder.path, 'postgres'))
    await refusalOf(folder.path)
    await rm(join(folder.path, 'postgres'), { recursive: true })
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    await embedded.close()
  }, 40_000)
})

describe('a directory that cannot be used', () => {
  test('because a file is in the way', async () => {
    const file = join(folder.path, 'file')
    await writeFile(file, '')
    const refusal = await refusalOf(join(file, 'data'))
    expect(refusal.message).toBe(
      `The data directory ${join(file, 'data')} cannot be made: ${file} is a file.`,
    )
  })

  test('because something else is in it', async () => {
    await mkdir(join(folder.path, 'postgres'))
    const refusal = await refusalOf(folder.path)
    expect(refusal.message).toContain('is not a PostgreSQL data directory')
  })

  test('because another PostgreSQL made it', async () => {
    await mkdir(join(folder.path, 'postgres'))
    await writeFile(join(folder.path, 'postgres/PG_VERSION'), '16\n')
    const refusal = await refusalOf(folder.path)
    expect(refusal.message).toContain('was made by PostgreSQL 16, and this executable has')
    expect(refusal.fix).toContain('Use the executable that made it')
  })

  test('because it may not be written: says whose it is and what to do', async () => {
    await chmod(folder.path, 0o555)
    // Root may write everywhere; without this right it is a user like any other. Another user might
    // not even reach the folder that this test lies in.
    const withoutRights =
      process.getuid?.() === 0
        ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search']
        : []
    const opening = runProgram('open', { directory: folder.path, prefix: withoutRights })
    const { code, said } = await within(opening.ended(), 20_000)
    await chmod(folder.path, 0o755)
    expect(code).not.toBe(0)
    expect(said).toContain(`The data directory ${folder.path} is not writable by user`)
    expect(said).toContain(
      `${folder.path} belongs to user ${process.getuid?.()} with permissions 555`,
    )
    expect(said).toContain('Run chown -R')
  }, 40_000)
})

async function refusalOf(dataDir: string): Promise<DatabaseFailure> {
  const error = await rejection(openTestEmbedded({ dataDir, ephemeral: false }), 20_000)
  if (error instanceof DatabaseFailure) return error
  throw error
}

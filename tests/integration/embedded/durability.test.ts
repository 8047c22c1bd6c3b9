// What was acknowledged is kept: through the disk's caches, and through kill -9 at any moment.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  connectTo,
  killPrograms,
  makeFolder,
  openTestEmbedded,
  runProgram,
} from '../../support/embedded.ts'
import { eventually, within } from '../../support/eventually.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(async () => {
  await killPrograms()
  await folder.remove()
})

describe('syncing', () => {
  test('every acknowledged write has been synced before its answer', async () => {
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    const sql = connectTo(embedded)
    await sql`create table synced (id int primary key)`
    for (let id = 0; id < 20; id++) {
      const before = embedded.syncs()
      await sql`insert into synced values (${id})`
      expect(embedded.syncs()).toBeGreaterThan(before)
    }
    const before = embedded.syncs()
    await sql`select * from synced`
    expect(embedded.syncs()).toBe(before)
    await sql.end()
    await embedded.close()
  }, 30_000)

  test('is off when switched off by name', async () => {
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false, sync: false })
    const sql = connectTo(embedded)
    await sql`create table unsynced (id int primary key)`
    await sql`insert into unsynced values (1)`
    expect(embedded.syncs()).toBe(0)
    await sql.end()
    await embedded.close()
  }, 30_000)

  test('in memory nothing is written anywhere', async () => {
    const embedded = await openTestEmbedded({ dataDir: folder.path })
    const sql = connectTo(embedded)
    await sql`create table gone (id int)`
    await sql.end()
    await embedded.close()
    expect(readdirSync(folder.path)).toEqual([])
  }, 30_000)
})

describe('kill -9', () => {
  test('loses no acknowledged write, and no transaction by halves, however often', async () => {
    let acknowledged = 0
    for (let round = 0; round < 6; round++) {
      const writer = runProgram('write', { directory: folder.path })
      expect(await within(writer.line(), 20_000)).toBe('ready')
      const until = performance.now() + 30 + Math.random() * 400
      while (performance.now() < until)
        acknowledged = Number((await within(writer.line(), 10_000)) ?? acknowledged)
      await writer.kill()
      for (let line = await writer.line(); line !== undefined; line = await writer.line())
        acknowledged = Number(line)
    }
    expect(acknowledged).toBeGreaterThan(50)

    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    const sql = connectTo(embedded)
    const [kept] = await sql`
      select count(*) filter (where id <= ${acknowledged})::int as rows,
        count(*) filter (where twin is distinct from id)::int as halves
      from acknowledged
    `
    expect(kept).toMatchObject({ rows: acknowledged, halves: 0 })
    await sql.end()
    await embedded.close()
  }, 90_000)

  test('during the first start leaves no half database behind', async () => {
    const whole = runProgram('open', { directory: join(folder.path, 'timing') })
    const startedMs = performance.now()
    expect(await within(whole.line(), 20_000)).toBe('open fresh')
    const startMs = performance.now() - startedMs
    await whole.kill()

    const dataDir = join(folder.path, 'data')
    let interrupted = 0
    for (let round = 0; round < 6; round++) {
      const opening = runProgram('open', { directory: dataDir })
      // The first is killed as soon as unpacking has begun, the others anywhere in a start.
      if (round === 0)
        await eventually(
          () => {
            if (!existsSync(join(dataDir, 'postgres.unpacking'))) throw new Error('not yet')
          },
          { everyMs: 1 },
        )
      else await Bun.sleep(Math.random() * startMs)
      await opening.kill()
      if (!existsSync(join(dataDir, 'postgres'))) interrupted++
    }
    expect(interrupted).toBeGreaterThan(0)

    const embedded = await openTestEmbedded({ dataDir, ephemeral: false })
    const sql = connectTo(embedded)
    expect(await sql`select to_regclass('tasks') is not null as migrated`).toMatchObject([
      { migrated: true },
    ])
    expect(existsSync(join(dataDir, 'postgres.unpacking'))).toBe(false)
    await sql.end()
    await embedded.close()
  }, 90_000)
})

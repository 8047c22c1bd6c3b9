import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { findInstance, lockDirectory, readHolder } from '#platform/embedded/lock.ts'
import { makeFolder } from '../../../support/embedded.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(() => folder.remove())

const lock = () => lockDirectory(folder.path)

describe('a lock', () => {
  test('keeps out a second one, in the same process too, until it is released', () => {
    const first = lock()
    expect(lock).toThrow(`in use by process ${process.pid} on ${hostname()}`)
    first.release()
    lock().release()
  })

  test('says who holds it and where that one listens, and nothing once released', () => {
    const held = lock()
    expect(readHolder(folder.path)).toMatchObject({ pid: process.pid, ports: {} })
    held.announce({ ports: { http: 8080 }, address: '::1' })
    expect(readHolder(folder.path)).toMatchObject({ pid: process.pid, ports: { http: 8080 } })
    held.release()
    held.announce({ ports: { http: 8081 }, address: '::1' })
    expect(readHolder(folder.path)).toBeUndefined()
  })

  test('is the kernel’s: what an earlier process has written does not stand in the way', () => {
    writeHolder({ pid: process.ppid, process_start: null })
    lock().release()
  })
})

describe('who has a directory', () => {
  test('is nobody where none was, or it was released, and whoever holds it meanwhile', () => {
    expect(findInstance(folder.path)).toBeUndefined()
    const held = lock()
    expect(findInstance(folder.path)).toMatchObject({ pid: process.pid, address: null })
    held.announce({ ports: { http: 8080 }, address: '::1' })
    expect(findInstance(folder.path)).toMatchObject({ ports: { http: 8080 }, address: '::1' })
    held.release()
    expect(findInstance(folder.path)).toBeUndefined()
  })

  test('is nobody where the process has ended without a word', async () => {
    const gone = Bun.spawn(['true'])
    await gone.exited
    writeHolder({ pid: gone.pid })
    expect(findInstance(folder.path)).toBeUndefined()
  })

  test('is told by the lock where the holder was elsewhere, as in a container before this one', () => {
    writeHolder({ pid: 1, host: 'elsewhere' })
    expect(findInstance(folder.path)).toBeUndefined()
    const held = lock()
    writeHolder({ pid: 1, host: 'elsewhere' })
    expect(findInstance(folder.path)).toMatchObject({ host: 'elsewhere' })
    held.release()
  })
})

// Network file systems and the like.
describe('where the file system knows no locks', () => {
  const lockWithout = () => lockDirectory(folder.path, () => 'unsupported')

  test('a process that still runs keeps the directory', () => {
    const held = lockWithout()
    expect(lockWithout).toThrow(`in use by process ${process.pid}`)
    held.release()
    lockWithout().release()
  })

  test('a process that is gone does not', async () => {
    const gone = Bun.spawn(['true'])
    await gone.exited
    writeHolder({ pid: gone.pid })
    lockWithout().release()
  })

  test('nor does a later process that happens to have its pid', () => {
    writeHolder({ pid: process.ppid, process_start: 'another-boot/1' })
    lockWithout().release()
  })

  test('a process on another host keeps it, since nobody here can tell', () => {
    writeHolder({ pid: 1, host: 'elsewhere' })
    expect(lockWithout).toThrow('in use by process 1 on elsewhere')
  })

  test('a file that was cut short names nobody, and is taken', () => {
    writeFileSync(join(folder.path, 'zerg.lock'), '{"pid":')
    const held = lockWithout()
    expect(JSON.parse(readFileSync(join(folder.path, 'zerg.lock'), 'utf8')).pid).toBe(process.pid)
    held.release()
  })
})

function writeHolder(holder: object) {
  const started_at = '2026-01-02T03:04:05.678Z'
  const all = { host: hostname(), started_at, process_start: null, ports: {}, ...holder }
  writeFileSync(join(folder.path, 'zerg.lock'), JSON.stringify(all))
}

import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { within } from '../../../support/eventually.ts'
import { setupLifecycle } from '../../../support/lifecycle.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('closing', () => {
  test('goes in reverse and goes on after a failure, which is on record', async () => {
    const { life, events, resource } = setupLifecycle()
    await life.start(async () => {
      await resource('first')
      await resource('broken', () => Promise.reject(new Error('disk full')))
      await resource('last')
    })
    const report = await within(life.stop('SIGTERM'))
    expect(events.slice(3)).toEqual(['close last', 'close broken', 'close first'])
    expect(report).toMatchObject({
      outcome: 'failed',
      exit_code: 1,
      exit_reason: 'failed to close: broken (disk full)',
    })
    expect(report.phases.at(-1)?.steps.map(step => [step.name, step.outcome])).toEqual([
      ['last', 'done'],
      ['broken', 'failed'],
      ['first', 'done'],
    ])
  })

  test('leaves what hangs at its own limit, and closes the rest', async () => {
    const { life, events, resource } = setupLifecycle()
    await life.start(async () => {
      await resource('first')
      await resource('hanging', () => new Promise(() => undefined))
    })
    const report = await within(life.stop('SIGTERM'))
    expect(events.at(-1)).toBe('close first')
    expect(report).toMatchObject({ outcome: 'forced', exit_code: 3 })
    expect(report.exit_reason).toBe('hanging did not close in time')
    expect(report.duration_ms).toBeLessThan(500)
  })

  test('never takes longer than the budget, however much hangs', async () => {
    const { life, resource } = setupLifecycle({ budgetMs: 300 })
    await life.start(async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e'])
        await resource(name, () => new Promise(() => undefined))
    })
    const report = await within(life.stop('SIGTERM'))
    // Each is given a moment even after the end.
    expect(report.duration_ms).toBeLessThan(300 + 4 * 80)
  })

  test('counts what a resource says that it cut', async () => {
    const { life, resource } = setupLifecycle()
    await life.start(async () => void (await resource('database', () => ({ cut: 2 }))))
    expect(await within(life.stop('SIGTERM'))).toMatchObject({
      exit_code: 3,
      exit_reason: 'database cut 2',
    })
  })

  test('tells the watchdog first, and last that it is over', async () => {
    const { life, watchdog } = setupLifecycle()
    await life.start(async () => undefined)
    const stopping = life.stop('SIGTERM')
    expect(watchdog).toEqual(['end'])
    await within(stopping)
    expect(watchdog).toEqual(['end', 'close'])
  })
})

describe('the report', () => {
  test('is one log line that holds everything', async () => {
    const { life, lines, resource } = setupLifecycle()
    await life.start(async () => void (await resource('database')))
    const report = await within(life.stop('SIGTERM'))
    const logged = lines.filter(line => line['event'] === 'shutdown_report')
    expect(logged).toHaveLength(1)
    expect(logged[0]).toMatchObject({ msg: 'shutdown_report', ...report })
  })

  test('is readable while the shutdown runs, for the row that is kept', async () => {
    const { life, resource } = setupLifecycle()
    let seen: unknown
    await life.start(async () => {
      await resource('database')
      await resource('runs', () => {
        seen = life.report()
      })
      await resource('cache')
    })
    expect(life.report()).toBeUndefined()
    await within(life.stop('SIGTERM'))
    expect(seen).toMatchObject({ reason: 'SIGTERM', phases: [{ steps: [{ name: 'cache' }] }] })
  })

  test('goes to the termination log where there is one', async () => {
    const path = join(folder(), 'termination-log')
    writeFileSync(path, 'something much longer that was there before'.repeat(20))
    const { life, resource } = setupLifecycle({ terminationLog: path })
    let meanwhile = ''
    await life.start(async () => {
      await resource('database', () => {
        meanwhile = readFileSync(path, 'utf8')
      })
    })
    await within(life.stop('SIGTERM'))
    expect(meanwhile).toStartWith('draining after SIGTERM')
    expect(readFileSync(path, 'utf8')).toMatch(/^drained \(exit 0\) after SIGTERM in \d+ ms: .*\n$/)
  })

  // Outside of a container nobody reads it, and a stray file surprises.
  test('makes no termination log where there is none', async () => {
    const path = join(folder(), 'termination-log')
    const { life } = setupLifecycle({ terminationLog: path })
    await life.start(async () => undefined)
    await within(life.stop('SIGTERM'))
    expect(existsSync(path)).toBe(false)
  })
})

function folder() {
  const made = mkdtempSync(join(tmpdir(), 'zerg-test-'))
  folders.push(made)
  return made
}

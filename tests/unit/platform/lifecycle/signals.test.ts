import { describe, expect, test } from 'bun:test'
import { EventEmitter } from 'node:events'
import { listenForSignals } from '#platform/lifecycle/signals.ts'
import { eventually, within } from '../../../support/eventually.ts'
import { fakeDoor } from '../../../support/fake-door.ts'
import { setupLifecycle } from '../../../support/lifecycle.ts'

describe('SIGTERM', () => {
  test('changes nothing when it is repeated', async () => {
    const { life, door, process, events } = await started()
    door.connect('stays a while')
    process.emit('SIGTERM')
    await Bun.sleep(30)
    process.emit('SIGTERM')
    process.emit('SIGTERM')
    await Bun.sleep(60)
    expect(events).not.toContain('stop handshakes')
    door.leave('stays a while')
    const report = await within(life.stopped)
    expect(report).toMatchObject({ reason: 'SIGTERM', exit_code: 0 })
    expect(events.filter(event => event === 'announce')).toHaveLength(1)
  })
})

describe('SIGINT', () => {
  // A browser keeps its connections open; nobody at a terminal waits for them.
  test('gives idle connections half a second', async () => {
    const { life, door, process } = await started()
    door.connect('a browser')
    process.emit('SIGINT')
    const report = await within(life.stopped)
    expect(report).toMatchObject({ reason: 'SIGINT', exit_code: 0 })
    expect(report.duration_ms).toBeGreaterThanOrEqual(490)
    expect(report.duration_ms).toBeLessThan(900)
  })

  test('shortens the window of a SIGTERM that came before', async () => {
    const { life, door, process } = await started()
    door.connect('stays')
    process.emit('SIGTERM')
    process.emit('SIGINT')
    const report = await within(life.stopped)
    expect(report.reason).toBe('SIGTERM')
    expect(report.duration_ms).toBeLessThan(900)
  })

  test('leaves requests in flight their time', async () => {
    const { life, door, process, events } = await started()
    door.connect('busy')
    door.begin()
    process.emit('SIGINT')
    await eventually(() => expect(events).toContain('close idle'))
    await Bun.sleep(100)
    expect(events).not.toContain('force')
    door.finish()
    expect(await within(life.stopped)).toMatchObject({ exit_code: 0 })
  })

  test('cuts at once when it is repeated', async () => {
    const { life, door, process } = await started(fakeDoor({ heedsAbort: false }))
    door.begin()
    process.emit('SIGINT')
    process.emit('SIGINT')
    const report = await within(life.stopped, 1_000)
    expect(report).toMatchObject({ outcome: 'forced', exit_code: 3 })
    expect(report.requests.cut).toBe(1)
    expect(report.duration_ms).toBeLessThan(300)
  })

  test('cuts nothing where nothing is left to cut', async () => {
    const { life, process } = await started()
    process.emit('SIGINT')
    process.emit('SIGINT')
    expect(await within(life.stopped)).toMatchObject({ outcome: 'drained', exit_code: 0 })
  })
})

async function started(door = fakeDoor()) {
  const setup = setupLifecycle({ budgetMs: 30_000, drainMaxMs: 10_000, door })
  const process = new EventEmitter()
  listenForSignals(setup.life, process)
  await setup.life.start(async () => void (await setup.life.openDoor(() => door.door)))
  return { ...setup, process }
}

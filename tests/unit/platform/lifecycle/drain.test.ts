import { describe, expect, test } from 'bun:test'
import { eventually, within } from '../../../support/eventually.ts'
import { fakeDoor } from '../../../support/fake-door.ts'
import { setupLifecycle } from '../../../support/lifecycle.ts'

describe('a drain', () => {
  test('asks its door in the one order that loses nothing', async () => {
    const { life, events } = await started()
    expect(await within(life.stop('SIGTERM'))).toMatchObject({ outcome: 'drained', exit_code: 0 })
    expect(events).toEqual([
      'open database',
      'prepare',
      'announce',
      'stop handshakes',
      'stop listening',
      'close idle',
      'close database',
    ])
  })

  test('is over at once when nobody is connected', async () => {
    const { life } = await started({ drainMaxMs: 10_000, budgetMs: 30_000 })
    const report = await within(life.stop('SIGTERM'))
    expect(report.duration_ms).toBeLessThan(300)
    expect(report.connections.at_signal).toBe(0)
  })

  test('keeps accepting until the connections from before have left, whoever else comes', async () => {
    const { life, door, events } = await started({ drainMaxMs: 5_000, budgetMs: 30_000 })
    door.connect('before')
    const stopping = life.stop('SIGTERM')
    door.connect('after')
    await Bun.sleep(60)
    expect(events).not.toContain('stop handshakes')
    door.leave('before')
    await eventually(() => expect(events).toContain('stop handshakes'))
    expect(events).not.toContain('stop listening')
    door.leave('after')
    const report = await within(stopping)
    expect(report.connections).toMatchObject({ at_signal: 1, left: 1, forced: 0 })
  })

  test('waits for what is being answered, but not for long for who says nothing', async () => {
    const { life, door, events } = await started({ drainMaxMs: 5_000, budgetMs: 30_000 })
    const stopping = life.stop('SIGTERM')
    door.connect('asks')
    door.connect('unused')
    await Bun.sleep(2_200)
    expect(events).not.toContain('stop listening')
    door.leave('asks')
    expect(stepOf(await within(stopping), 'http_handshakes').outcome).toBe('done')
  })

  test('gives up on connections that stay, at the end of its window', async () => {
    const { life, door } = await started({ drainMaxMs: 100 })
    door.connect('idle')
    const report = await within(life.stop('SIGTERM'))
    expect(report).toMatchObject({ outcome: 'drained', exit_code: 0 })
    expect(report.connections).toEqual({ at_signal: 1, left: 0, closed_idle: 1, forced: 0 })
    expect(stepOf(report, 'http_window')).toMatchObject({ outcome: 'expired' })
  })

  // A request that runs while its database closes would fail for no fault of its own.
  test('never lets a resource close while a request is in flight', async () => {
    const { life, door, events } = await started({ budgetMs: 5_000 })
    door.connect('busy')
    door.begin()
    const stopping = life.stop('SIGTERM')
    await eventually(() => expect(events).toContain('close idle'))
    await Bun.sleep(50)
    expect(events).not.toContain('close database')
    expect(life.state()).toBe('draining')
    door.finish()
    const report = await within(stopping)
    expect(events.at(-1)).toBe('close database')
    // Each connection is accounted for once.
    expect(report.connections).toEqual({ at_signal: 1, left: 1, closed_idle: 0, forced: 0 })
    expect(report.requests).toEqual({ at_signal: 1, finished: 1, aborted: 0, cut: 0 })
  })

  test('tells requests to give up before its time is over, and says so', async () => {
    const { life, door, events } = await started({ budgetMs: 500 })
    door.begin(2)
    const report = await within(life.stop('SIGTERM'))
    expect(events).toContain('abort')
    expect(events).not.toContain('force')
    expect(report).toMatchObject({ exit_code: 3, exit_reason: '2 requests told to give up' })
    expect(report.duration_ms).toBeLessThan(500)
  })

  test('cuts what does not give up, within the budget', async () => {
    const door = fakeDoor({ heedsAbort: false })
    const { life, events } = await started({ budgetMs: 500, door })
    door.begin()
    const report = await within(life.stop('SIGTERM'))
    expect(events.indexOf('force')).toBeGreaterThan(events.indexOf('abort'))
    expect(events.at(-1)).toBe('close database')
    expect(report).toMatchObject({ outcome: 'forced', exit_code: 3 })
    expect(report.requests.cut).toBe(1)
    expect(report.duration_ms).toBeLessThan(600)
  })

  // Half a request head, say: nobody has asked anything yet, and the budget is long.
  test('does not wait for connections on which nothing whole comes', async () => {
    const { life, events } = await started({ budgetMs: 30_000, door: fakeDoor({ hangs: true }) })
    const report = await within(life.stop('SIGTERM'))
    expect(events).toContain('force')
    expect(report).toMatchObject({ outcome: 'drained', exit_code: 0 })
    expect(report.duration_ms).toBeLessThan(2_000)
  })

  test('that breaks forces its door, and the rest is closed all the same', async () => {
    const door = fakeDoor()
    door.door.stopListening = () => {
      throw new Error('broken door')
    }
    const { life, events } = await started({ door })
    const report = await within(life.stop('SIGTERM'))
    expect(events).toContain('force')
    expect(events.at(-1)).toBe('close database')
    expect(report).toMatchObject({ exit_code: 1, outcome: 'failed' })
  })

  test('waits its whole window where the platform does not show connections', async () => {
    const { life, door } = await started({ blind: true, drainMaxMs: 150 })
    door.begin()
    door.finish()
    const report = await within(life.stop('SIGTERM'))
    expect(stepOf(report, 'http_window').duration_ms).toBeGreaterThanOrEqual(149)
    expect(report.connections.at_signal).toBeNull()
  })

  test('needs no window where nobody has asked anything', async () => {
    const { life } = await started({ blind: true, drainMaxMs: 5_000, budgetMs: 30_000 })
    expect((await within(life.stop('SIGTERM'))).duration_ms).toBeLessThan(300)
  })

  test('gives gRPC no window: its clients leave by themselves', async () => {
    const door = fakeDoor({ name: 'grpc' })
    const { life, events } = await started({ door })
    door.connect('grpc client')
    await within(life.stop('SIGTERM'))
    expect(events.slice(1)).toEqual(['announce', 'stop listening', 'close idle', 'close database'])
  })
})

type Report = Awaited<ReturnType<typeof setupLifecycle>['life']['stopped']>

const stepOf = (report: Report, name: string) =>
  report.phases.flatMap(phase => phase.steps).find(step => step.name === name)!

async function started(options: Parameters<typeof setupLifecycle>[0] = {}) {
  const setup = setupLifecycle(options)
  await setup.life.start(async () => {
    await setup.resource('database')
    await setup.life.openDoor(() => setup.door.door)
  })
  return setup
}

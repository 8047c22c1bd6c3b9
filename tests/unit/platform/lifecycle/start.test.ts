import { describe, expect, test } from 'bun:test'
import { rejection, within } from '../../../support/eventually.ts'
import { setupLifecycle } from '../../../support/lifecycle.ts'

describe('a start', () => {
  test('that fails closes what was opened, in reverse, and tells why', async () => {
    const { life, events, resource } = setupLifecycle()
    const starting = life.start(async () => {
      await resource('database')
      await resource('cache')
      throw new Error('port taken')
    })
    expect(await rejection(starting)).toMatchObject({ message: 'port taken' })
    expect(events).toEqual(['open database', 'open cache', 'close cache', 'close database'])
    expect(await life.stopped).toMatchObject({
      reason: 'start_failed',
      outcome: 'failed',
      exit_code: 1,
      exit_reason: 'port taken',
    })
  })

  test('drains the doors that it had opened when it fails', async () => {
    const { life, events, door, resource } = setupLifecycle()
    const starting = life.start(async () => {
      await resource('database')
      await life.openDoor(() => door.door)
      throw new Error('second port taken')
    })
    await rejection(starting)
    expect(events.indexOf('stop listening')).toBeGreaterThan(0)
    expect(events.at(-1)).toBe('close database')
  })

  test('is aborted by a signal, closes what was opened, and ends with 0', async () => {
    const { life, events, resource } = setupLifecycle()
    const starting = life.start(async () => {
      await resource('database')
      await life.open('slow', { start: neverUnlessAborted })
      await resource('never opened')
    })
    await life.stop('SIGTERM')
    expect(await rejection(starting)).toMatchObject({ name: 'StartAborted' })
    expect(events).toEqual(['open database', 'close database'])
    expect(await life.stopped).toMatchObject({
      reason: 'SIGTERM',
      outcome: 'drained',
      exit_code: 0,
    })
  })

  test('closes a resource that came too late', async () => {
    const { life, events } = setupLifecycle()
    const opening = Promise.withResolvers<void>()
    const starting = life.start(async () => {
      await life.open('late', { start: () => opening.promise, close: () => events.push('closed') })
    })
    const stopping = life.stop('SIGTERM')
    opening.resolve()
    await rejection(starting)
    await within(stopping)
    expect(events).toEqual(['closed'])
  })

  // Otherwise one driver that ignores its signal would keep a container from stopping.
  test('that ignores its signal is left behind within the budget', async () => {
    const { life } = setupLifecycle({ budgetMs: 300 })
    void life.start(() => new Promise(() => undefined))
    const report = await within(life.stop('SIGTERM'), 2_000)
    expect(report).toMatchObject({ exit_code: 3, exit_reason: 'start did not close in time' })
    expect(report.duration_ms).toBeLessThan(600)
  })

  test('goes through its states in order', async () => {
    const { life, door } = setupLifecycle()
    const states: string[] = [life.state()]
    life.onState(state => states.push(state))
    await life.start(async () => void (await life.openDoor(() => door.door)))
    await within(life.stop('SIGTERM'))
    expect(states).toEqual(['starting', 'ready', 'draining', 'closing', 'stopped'])
  })
})

const neverUnlessAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

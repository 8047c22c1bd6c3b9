// A lifecycle that is told everything, with limits short enough for a test.

import pino from 'pino'
import { createLifecycle } from '#platform/lifecycle/lifecycle.ts'
import { fakeDoor, type FakeDoor } from './fake-door.ts'

type Options = {
  budgetMs?: number
  drainMaxMs?: number
  terminationLog?: string
  door?: FakeDoor
  /** As on a platform that does not show its sockets. */
  blind?: boolean
}

export function setupLifecycle({
  budgetMs = 2_000,
  drainMaxMs = 400,
  terminationLog,
  door = fakeDoor(),
  blind = false,
}: Options = {}) {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'trace' }, { write: line => void lines.push(JSON.parse(line)) })
  const expected: string[] = []
  const life = createLifecycle({
    log,
    budgetMs,
    drainMaxMs,
    ...(terminationLog && { terminationLog }),
    findListener: () => (blind ? undefined : door.listener),
    watchdog: {
      expectEnd: () => void expected.push('end'),
      close: () => void expected.push('close'),
    },
  })
  const { events } = door
  return { life, door, events, lines, watchdog: expected, resource }

  /** A resource that records its opening and its closing. */
  function resource(name: string, close: () => unknown = () => undefined) {
    return life.open(name, {
      start: () => void events.push(`open ${name}`),
      close() {
        events.push(`close ${name}`)
        return close()
      },
      closeMaxMs: 200,
    })
  }
}

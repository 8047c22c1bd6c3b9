import { describe, expect, test } from 'bun:test'
import { createLog } from '#platform/observability/log.ts'
import { createOutside } from '#platform/observability/outside.ts'

describe('a call to something outside', () => {
  test('that was slow is a warning that says what was', () => {
    const { end, lines } = setup('info')
    end(1_001, { to: 'sql', what: 'select tasks', requestId: 'r1' })
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.anything(),
        to: 'sql',
        what: 'select tasks',
        request_id: 'r1',
        duration_ms: 1_001,
        msg: 'slow call',
      },
    ])
  })

  test('that was not is seen at debug alone', () => {
    const info = setup('info')
    info.end(999, { to: 'sql', what: 'select tasks' })
    expect(info.lines).toEqual([])
    const debug = setup('debug')
    debug.end(999, { to: 'sql', what: 'select tasks' })
    expect(debug.lines).toMatchObject([{ level: 'debug', duration_ms: 999, msg: 'call' }])
  })
})

function setup(level: 'info' | 'debug') {
  const lines: object[] = []
  let nowMs = 0
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as object) }
  const outside = createOutside({
    log: createLog({ level, format: 'json', destination }).log,
    clock: { nowMs: () => nowMs, elapsedMs: () => nowMs },
  })
  const end = (
    durationMs: number,
    call: Parameters<typeof outside.end>[1] extends () => infer C ? C : never,
  ) => {
    const startedAtMs = outside.begin()
    nowMs += durationMs
    outside.end(startedAtMs, () => call)
  }
  return { end, lines }
}

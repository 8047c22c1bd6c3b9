import { afterEach, describe, expect, test } from 'bun:test'
import { systemClock } from '#lib/clock.ts'
import type { State } from '#platform/lifecycle/lifecycle.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { watchRuntime, type Runtime } from '#platform/observability/runtime.ts'
import { eventually } from '../../../support/eventually.ts'

const open: Runtime[] = []
afterEach(() => {
  for (const runtime of open.splice(0)) runtime.close()
})

describe('the process as metrics', () => {
  test('says what runs and in which state', async () => {
    const { enter, series } = setup()
    expect(await series('zerg_build_info')).toEqual([
      `zerg_build_info{version="1.2.3",commit="abc",bun="${Bun.version}"} 1`,
    ])
    enter('draining')
    expect(await series('zerg_lifecycle_state')).toEqual([
      'zerg_lifecycle_state{state="starting"} 0',
      'zerg_lifecycle_state{state="ready"} 0',
      'zerg_lifecycle_state{state="draining"} 1',
      'zerg_lifecycle_state{state="closing"} 0',
      'zerg_lifecycle_state{state="stopped"} 0',
    ])
  })

  test('tells a pause of the event loop once', async () => {
    const { value } = setup()
    // The loop has to have turned, or there is nothing that the pause could delay.
    await Bun.sleep(60)
    await value('zerg_event_loop_lag_seconds')
    const endsAtMs = performance.now() + 250
    while (performance.now() < endsAtMs);
    await Bun.sleep(0)
    expect(await value('zerg_event_loop_lag_seconds')).toBeGreaterThan(0.15)
    await eventually(async () =>
      expect(await value('zerg_event_loop_lag_seconds')).toBeLessThan(0.15),
    )
  })

  test('counts processor time that only grows, and memory against its limit', async () => {
    const { value } = setup()
    const before = await value('zerg_process_cpu_seconds_total')
    while (process.cpuUsage().user + process.cpuUsage().system < (before + 0.05) * 1e6);
    expect(await value('zerg_process_cpu_seconds_total')).toBeGreaterThan(before)
    const resident = await value('zerg_process_resident_memory_bytes')
    expect(resident).toBeGreaterThan(1e6)
    expect(await value('zerg_memory_limit_bytes')).toBeGreaterThan(resident)
    const startedAt = await value('zerg_process_start_time_seconds')
    expect(Math.abs(startedAt - (Date.now() / 1_000 - process.uptime()))).toBeLessThan(5)
  })
})

function setup() {
  let state: State = 'ready'
  const metrics = createMetrics()
  const runtime = watchRuntime({
    metrics,
    clock: systemClock,
    about: { version: '1.2.3', commit: 'abc' },
    state: () => state,
  })
  open.push(runtime)
  const series = async (name: string) => {
    runtime.collect()
    const text = await metrics.registry.metrics()
    return text
      .split('\n')
      .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  }
  return {
    series,
    value: async (name: string) => Number((await series(name))[0]?.split(' ').at(-1)),
    enter: (next: State) => {
      state = next
    },
  }
}

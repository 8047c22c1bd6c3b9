import { expect, test } from 'bun:test'
import { totalmem } from 'node:os'
import { memoryLimitBytes } from '#platform/observability/memory-limit.ts'

const MIB = 1024 ** 2
const NONE = '9223372036854771712\n'

test.each([
  [
    'version 2, inside of a container',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${64 * MIB}\n` },
    64 * MIB,
  ],
  [
    'version 2, a group of its own without a limit, and one above with',
    {
      '/proc/self/cgroup': '0::/zerg.slice/a.service\n',
      '/sys/fs/cgroup/zerg.slice/a.service/memory.max': 'max\n',
      '/sys/fs/cgroup/zerg.slice/memory.max': `${128 * MIB}\n`,
    },
    128 * MIB,
  ],
  [
    'version 1',
    {
      '/proc/self/cgroup': '4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': `${96 * MIB}\n`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': NONE,
    },
    96 * MIB,
  ],
  [
    'version 1, where the container shows its own group as the root',
    {
      '/proc/self/cgroup': '4:memory:/docker/abc\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${96 * MIB}\n`,
    },
    96 * MIB,
  ],
  [
    'both versions mounted, and the limit in the first',
    {
      '/proc/self/cgroup': '4:memory:/a\n0::/\n',
      '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${32 * MIB}\n`,
    },
    32 * MIB,
  ],
  ['no limit at all', { '/proc/self/cgroup': '0::/\n' }, totalmem()],
  ['no control groups', {}, totalmem()],
])('the memory limit of %s', (_, files: Readonly<Record<string, string>>, bytes) => {
  expect(memoryLimitBytes(path => files[path])).toBe(bytes)
})

test('the memory limit of this machine is no more than it has', () => {
  expect(memoryLimitBytes()).toBeGreaterThan(MIB)
  expect(memoryLimitBytes()).toBeLessThanOrEqual(totalmem())
})

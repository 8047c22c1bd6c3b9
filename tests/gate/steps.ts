// What the gate runs, in order: cheap and telling first, the compiled executable last.

export type Step = {
  name: string
  command: readonly string[]
  /** Counts its tests by JUnit; else the step itself is one. */
  isTests: boolean
  limitS: number
}

const tool = (name: string, ...command: string[]): Step => ({
  name,
  command,
  isTests: false,
  limitS: 120,
})

// Databases and servers of their own keep files out of each other's way; each process starts them once.
const SIDE_BY_SIDE = ['--parallel=2', '--no-isolate'] as const

const tests = (name: string, limitS: number, how: readonly string[] = []): Step => ({
  name,
  command: [process.execPath, 'test', '--timeout=60000', ...how, `./tests/${name}`],
  isTests: true,
  limitS,
})

export const steps: readonly Step[] = [
  tool('format', 'oxfmt', '--check'),
  tool('lint', 'oxlint', '--deny-warnings'),
  tool('types', 'tsc'),
  tests('unit', 120),
  tests('architecture', 60),
  tool('audit', process.execPath, 'tests/gate/audit.ts'),
  tool('build', process.execPath, 'cli/build/build.ts'),
  tests('contract', 180),
  tests('integration', 420, SIDE_BY_SIDE),
  tests('e2e', 420),
]

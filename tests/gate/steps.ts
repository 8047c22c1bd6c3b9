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

const tests = (name: string, limitS: number, folder = `tests/${name}`): Step => ({
  name,
  command: [process.execPath, 'test', '--timeout=60000', `./${folder}`],
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
  tests('integration', 420),
  tests('e2e', 420),
]

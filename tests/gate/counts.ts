// Counts of a test run, from its JUnit file.

export type Counts = { passed: number; failed: number; skipped: number }

/** Zeros where there is no file, as after a crash. */
export async function readCounts(file: string): Promise<Counts> {
  const xml = await Bun.file(file)
    .text()
    .catch(() => '')
  const head = /<testsuites[^>]*>/.exec(xml)?.[0] ?? ''
  const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0)
  const [all, failed, skipped] = [number('tests'), number('failures'), number('skipped')]
  return { passed: all - failed - skipped, failed, skipped }
}

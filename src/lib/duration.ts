// Durations and sizes as people write them: 250ms, 15s, 5m, 1h; 512KiB, 1MiB.

const MS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
const BYTES_PER_UNIT = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** Milliseconds, or undefined where the text is not a duration. A bare 0 needs no unit. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  if (!match) return undefined
  return Math.round(Number(match[1]) * MS_PER_UNIT[match[2] as keyof typeof MS_PER_UNIT])
}

/** The shortest exact form: 1500 is `1500ms`, 15000 is `15s`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const)
    if (ms >= MS_PER_UNIT[unit] && ms % MS_PER_UNIT[unit] === 0)
      return `${ms / MS_PER_UNIT[unit]}${unit}`
  return `${ms}ms`
}

/** Bytes, or undefined where the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) * BYTES_PER_UNIT[match[2] as keyof typeof BYTES_PER_UNIT]
}

/** The shortest exact form: 1048576 is `1MiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const)
    if (bytes >= BYTES_PER_UNIT[unit] && bytes % BYTES_PER_UNIT[unit] === 0)
      return `${bytes / BYTES_PER_UNIT[unit]}${unit}`
  return `${bytes}B`
}

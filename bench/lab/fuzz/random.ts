// Chance that can be had again: the same seed gives the same choices.

export type Random = ReturnType<typeof createRandom>

/** Mulberry32: small, fast, and good enough to choose by. */
export function createRandom(seed: number) {
  let state = seed >>> 0

  return { next, below, chance, pick, bytes, among }

  /** From 0 up to 1. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  function below(bound: number): number {
    return Math.floor(next() * bound)
  }

  function chance(share: number): boolean {
    return next() < share
  }

  function pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    const chosen = choices[below(choices.length)]
    if (chosen === undefined) throw new Error('There is nothing to choose from.')
    return chosen
  }

  function bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => below(256)))
  }

  /** One of the makers makes it. */
  function among<T>(makers: readonly (() => T)[]): T {
    return pick(makers)()
  }
}

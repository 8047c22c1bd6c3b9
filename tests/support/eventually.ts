// Tests wait for conditions, never for time.

type Patience = { withinMs?: number; everyMs?: number }

/**
 * Repeats `attempt` until it neither throws nor rejects, and returns its result; after `withinMs`
 * the last failure is thrown. An attempt that never settles counts as a failure too.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { withinMs = 5_000, everyMs = 10 }: Patience = {},
): Promise<T> {
  const endsAt = performance.now() + withinMs
  for (;;) {
    try {
      return await within(Promise.resolve(attempt()), Math.max(1, endsAt - performance.now()))
    } catch (error) {
      if (performance.now() >= endsAt) throw error
    }
    await Bun.sleep(everyMs)
  }
}

/** The promise's outcome, or a failure after `ms`: what never settles would hang the whole run. */
export async function within<T>(promise: Promise<T>, ms = 5_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing happened within ${ms} ms.`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What the promise rejects with, within `ms`. A promise that resolves is a failure. */
export async function rejection(promise: Promise<unknown>, ms = 5_000): Promise<unknown> {
  const outcome = await within(
    promise.then(
      value => ({ resolved: value }),
      (error: unknown) => ({ rejected: error }),
    ),
    ms,
  )
  if ('rejected' in outcome) return outcome.rejected
  throw new Error(`Expected a rejection, got ${Bun.inspect(outcome.resolved)}.`)
}

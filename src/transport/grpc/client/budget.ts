// How many repetitions are allowed, so that a service in trouble is not buried under them: a tenth of
// the calls, and a store for the moment when one of several instances is lost with all its calls.

const STORE_MAX = 200
const PER_SUCCESS = 0.1
const PER_SECOND = 5

export type RetryBudget = ReturnType<typeof createRetryBudget>

export function createRetryBudget(elapsedMs: () => number) {
  let store = STORE_MAX
  let filledAtMs = elapsedMs()

  return {
    succeeded: () => {
      store = Math.min(STORE_MAX, store + PER_SUCCESS)
    },
    /** False where a repetition would be one too many. */
    take: () => {
      const nowMs = elapsedMs()
      store = Math.min(STORE_MAX, store + ((nowMs - filledAtMs) / 1000) * PER_SECOND)
      filledAtMs = nowMs
      if (store < 1) return false
      store -= 1
      return true
    },
  }
}

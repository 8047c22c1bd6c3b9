// What a rule is: something that no single setting can know.

import type { Complaint } from './kinds.ts'
import type { Config } from './schema.ts'

export type Facts = Config & { isSet(name: string): boolean }

export type Rule = {
  /** The settings that it looks at, by environment variable; the first is the one to blame. */
  about: readonly [string, ...string[]]
  broken(facts: Facts): Complaint | undefined | false
}

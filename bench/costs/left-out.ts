// What a composition of Zerg leaves out, so that its cost can be told: modules are replaced before
// anything else is loaded. Nothing of this can be asked for where Zerg serves.

import { plugin } from 'bun'
import { Elysia } from 'elysia'

/** Authentication and limits are left out by the admission that `composed.ts` makes; this is the rest. */
export function leaveOutProtection(): void {
  void plugin({
    name: 'without protection',
    setup(build) {
      build.module('@elysiajs/bearer', () => ({
        exports: { bearer: () => new Elysia() },
        loader: 'object',
      }))
      build.onLoad({ filter: /src\/transport\/http\/security-headers\.ts$/ }, () => ({
        contents:
          'const NONE = {}; export { NONE as FOR_EVERY, NONE as FOR_TLS, NONE as FOR_PAGES }; export const SECURITY_HEADERS = []',
        loader: 'ts',
      }))
    },
  })
}

// Tokens as instances of the lab make them for each other, so that a trial can call the gRPC port as
// anybody. They share the lab's secret.

import { systemClock } from '#lib/clock.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'
import { SECRET } from './zerg.ts'

export const labTokens = createInternalTokens({
  secrets: createSecrets({ secret: SECRET }),
  clock: systemClock,
})

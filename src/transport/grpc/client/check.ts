// Whether a service behind us serves, as its own health (grpc.health.v1) says.

import { newId } from '#lib/id.ts'
import type { Check } from '#platform/health/check.ts'
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthService,
} from '../proto/grpc/health/v1/health.gen.ts'
import { attempt } from './attempt.ts'
import type { GrpcClient } from './client.ts'

const DEADLINE_MS = 2_000

/** Asks one connected instance each time. `service` is the full name that it has over there. */
export const serviceCheck = (
  { channels }: GrpcClient,
  { name, service }: { name: string; service: string },
): Check => ({
  name,
  run: async signal => {
    const { response, failure } = await attempt(channels.pick(), HealthService.check, {
      request: { service },
      requestId: newId(),
      deadlineAtMs: Date.now() + DEADLINE_MS,
      signal,
    })
    if (failure) throw new Error(`No instance answers: ${failure.error.details}`)
    if (response.status !== ServingStatus.SERVING)
      throw new Error('The instance asked is about to stop, or does not serve.')
    return `${channels.countReady()} of ${channels.count} addresses connected`
  },
  figures: () => ({ addresses: channels.count, addresses_connected: channels.countReady() }),
})

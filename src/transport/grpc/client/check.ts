// Whether a service behind us serves, as its own health (grpc.health.v1) says, and takes our tokens.

import { callerOf, INTERNAL } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Check } from '#platform/health/check.ts'
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthService,
} from '../proto/grpc/health/v1/health.gen.ts'
import { attempt } from './attempt.ts'
import type { GrpcClient } from './client.ts'
import { metadataOf } from './metadata.ts'

const DEADLINE_MS = 2_000

/** Asks one connected instance each time. `service` is the full name that it has over there. */
export const serviceCheck = (
  { channels, credentials }: GrpcClient,
  { name, service }: { name: string; service: string },
): Check => ({
  name,
  run: async signal => {
    const { response, failure } = await attempt(channels.pick(), HealthService.check, {
      request: { service },
      metadata: await metadataOf({ caller: ourselves() }, credentials),
      deadlineAtMs: Date.now() + DEADLINE_MS,
      signal,
    })
    if (failure?.answer) throw new Error(`Our token is not taken: ${failure.answer.message}`)
    if (failure) throw new Error(`No instance answers: ${failure.error.details}`)
    if (response.status !== ServingStatus.SERVING)
      throw new Error('The instance asked is about to stop, or does not serve.')
    return `${channels.countReady()} of ${channels.count} addresses connected`
  },
  figures: () => ({ addresses: channels.count, addresses_connected: channels.countReady() }),
})

const ourselves = () =>
  callerOf(INTERNAL, { via: 'grpc', address: null, requestId: newId(), traceId: null })

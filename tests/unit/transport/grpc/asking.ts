// A server of tasks that remembers who called, and raw calls to it.

import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { Call } from '#lib/call.ts'
import type { Caller, Identity } from '#lib/caller.ts'
import { idToBytes, newId } from '#lib/id.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import type { GrpcOptions } from '#transport/grpc/server.ts'
import { within } from '../../../support/eventually.ts'
import { answerOf, openTestGrpc, strictAdmission, tasksWith } from '../../../support/grpc.ts'
import { tokenFor } from '../../../support/identities.ts'
import { aTask } from '../../../support/tasks.ts'

const closing: (() => unknown)[] = []

/** For `afterEach`. */
export async function closeAll() {
  for (const close of closing.splice(0).toReversed()) await close()
}

export const closeLater = (close: () => unknown) => void closing.push(close)

export const codeOf = (error: unknown) => fromStatus(error as ServiceError)?.code

export async function setup(options: Partial<GrpcOptions> = {}) {
  const callers: Caller[] = []
  let gate: Promise<void> = Promise.resolve()
  let release = () => undefined as void
  const hold = () => {
    const held = Promise.withResolvers<void>()
    gate = held.promise
    release = held.resolve
  }
  let trailers: Record<string, unknown> = {}
  const seeing =
    <T>(value: T) =>
    async ({ caller }: Call) => {
      callers.push({ ...caller, address: caller.address })
      await gate
      return value
    }
  const grpc = await openTestGrpc(
    tasksWith({
      create: seeing(aTask()),
      get: seeing(aTask()),
      list: seeing({ data: [], next_cursor: null }),
      batchGet: seeing([]),
      change: seeing(aTask()),
      replace: seeing(aTask()),
      remove: seeing(undefined),
    }),
    { admission: strictAdmission, ...options },
  )
  closing.push(grpc.close)
  const client = new Client(grpc.address, credentials.createInsecure())
  closing.push(() => client.close())
  return {
    grpc,
    callers,
    reached: () => callers.length,
    ask,
    hold,
    release: () => release(),
    trailers: () => trailers,
  }

  function ask({ path = PATH, bytes = Buffer.alloc(0), ...shown }: Asking) {
    const same = (given: Buffer) => given
    return within(
      answerOf<Buffer>(done => {
        const call = client.makeUnaryRequest(path, same, same, bytes, metadataFor(shown), done)
        call.on('status', ({ metadata }) => (trailers = metadata.getMap()))
      }),
    )
  }
}

const PATH = '/tasks.v1.TasksService/BatchGet'

export const anId = () => Buffer.concat([Buffer.from('0a10', 'hex'), idToBytes(newId())])

type Asking = {
  path?: string
  bytes?: Buffer
  as?: Identity
  token?: string
  metadata?: Record<string, string>
  raw?: Metadata
}

function metadataFor({ as, token, metadata = {}, raw = new Metadata() }: Asking): Metadata {
  const shown = token ?? (as && tokenFor(as))
  if (shown !== undefined) raw.set('authorization', `Bearer ${shown}`)
  for (const [name, value] of Object.entries(metadata)) raw.set(name, value)
  return raw
}

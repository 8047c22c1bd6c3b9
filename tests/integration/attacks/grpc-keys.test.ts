// An idempotency key that somebody else has used, over gRPC: it stands for nothing of theirs.

import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { NO_LIMITS } from '#platform/limits/limits.ts'
import { createGrpcAdmission } from '#transport/grpc/admission.ts'
import {
  type CreateResponse,
  TasksServiceClient,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { answerOf, openTestGrpc, tasksWith, testTokens } from '../../support/grpc.ts'
import { tokenFor } from '../../support/identities.ts'
import { giveUser, userIdentity } from '../../support/identity.ts'
import { openWholeApp, type WholeApp } from '../../support/whole-app.ts'

let app: WholeApp
let client: TasksServiceClient
let close: () => Promise<void>
beforeAll(async () => {
  app = await openWholeApp()
  const { authenticate, services } = app
  const admission = createGrpcAdmission({ authenticate, internal: testTokens, limits: NO_LIMITS })
  const grpc = await openTestGrpc(tasksWith({}), { services, admission })
  client = new TasksServiceClient(grpc.address, credentials.createInsecure())
  close = async () => {
    client.close()
    await grpc.close()
    await app.close()
  }
}, 60_000)
afterAll(async () => await close?.(), 20_000)

test('another’s key makes a task of one’s own, with the same content or another', async () => {
  const [owner, stranger, third] = [await aToken(), await aToken(), await aToken()]
  const key = newId()
  const theirs = await create(owner, key, 'Theirs')
  const mine = await create(stranger, key, 'Theirs')
  const another = await create(third, key, 'Another')
  expect(new Set([theirs, mine, another]).size).toBe(3)
  expect(await create(owner, key, 'Theirs')).toBe(theirs)
})

test('what it stands for is not told by what is refused', async () => {
  const [owner, stranger] = [await aToken(), await aToken()]
  const key = newId()
  await create(owner, key, 'Theirs')
  await create(stranger, key, 'Mine')
  const own = await create(stranger, key, 'Theirs').catch((error: ServiceError) => error.details)
  const fresh = newId()
  await create(stranger, fresh, 'Mine')
  const usual = await create(stranger, fresh, 'Theirs').catch(
    (error: ServiceError) => error.details,
  )
  expect(own).toBe(usual)
})

const aToken = async () => tokenFor(userIdentity(await giveUser(app.database)))

async function create(token: string, key: string, title: string): Promise<string> {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  metadata.set('idempotency-key', key)
  const { id } = await answerOf<CreateResponse>(done =>
    client.create({ title, description: '', priority: 0, status: 0 }, metadata, done),
  )
  return Buffer.from(id).toString('hex')
}

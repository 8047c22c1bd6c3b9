// Generated messages against a gRPC server, as every kind of caller: whatever is sent, the answer is
// one that the documentation knows.

import { Client, credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js'
import { fromStatus } from '#transport/grpc/errors.ts'
import { messageBytes, type Pool } from './message.ts'
import { type FuzzedMethod, methodsOf } from './methods.ts'
import { mutated } from './mutation.ts'
import { createRandom, type Random } from './random.ts'

export type FuzzPlan = {
  address: string
  messages: number
  seed: number
  /** By a name for the report; undefined shows nothing. */
  callers: Readonly<Record<string, string | undefined>>
  pool: Pool
}

export type FuzzReport = {
  sent: number
  /** How often each status came. */
  statuses: Readonly<Record<string, number>>
  /** Answers that nobody has promised, with what gives them again. */
  broken: readonly string[]
}

const SERVICES = ['tasks.v1.TasksService', 'tasks.TasksService']
const AT_ONCE = 8
const DEADLINE_MS = 10_000
const BROKEN_SHOWN_MAX = 20

// What a client may get for what it has sent. Not among them: INTERNAL, UNKNOWN, DATA_LOSS,
// UNIMPLEMENTED, and what only time or load brings.
const PROMISED = new Set([
  Status.OK,
  Status.INVALID_ARGUMENT,
  Status.NOT_FOUND,
  Status.ALREADY_EXISTS,
  Status.PERMISSION_DENIED,
  Status.UNAUTHENTICATED,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
])

export async function runGrpcFuzz(plan: FuzzPlan): Promise<FuzzReport> {
  const methods = methodsOf(SERVICES)
  const client = new Client(plan.address, credentials.createInsecure())
  const statuses: Record<string, number> = {}
  const broken: string[] = []
  let next = 0
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  client.close()
  return { sent: next, statuses, broken }

  async function work() {
    while (next < plan.messages && broken.length < BROKEN_SHOWN_MAX) await one(next++)
  }

  async function one(index: number) {
    // Of its own, so that one message can be had again without those before it.
    const random = createRandom(plan.seed * 1_000_003 + index)
    const method = random.pick(methods)
    const [caller, token] = random.pick(Object.entries(plan.callers))
    const isTame = random.chance(0.5)
    const whole = messageBytes({ random, pool: plan.pool, isTame }, method.input)
    const bytes = random.chance(isTame ? 0.2 : 0.6) ? mutated(random, whole) : whole
    const answer = await ask(client, { method, bytes, metadata: metadataOf(random, token) })
    const name = Status[answer.code]
    statuses[name] = (statuses[name] ?? 0) + 1
    const complaint = complaintOf(answer)
    if (complaint === undefined) return
    const shown = bytes.length > 400 ? `${bytes.length} bytes` : bytes.toString('hex')
    broken.push(
      `seed ${plan.seed}, message ${index}: ${method.path} as ${caller}: ${complaint}; sent ${shown}`,
    )
  }
}

type Answer = { code: Status; error?: ServiceError }

function complaintOf({ code, error }: Answer): string | undefined {
  if (!PROMISED.has(code)) return `${Status[code]} (${error?.details})`
  if (error && !fromStatus(error))
    return `${Status[code]} without a code of ours (${error.details})`
  return undefined
}

// Also what stands beside a message is in the hands of whoever sends it.
function metadataOf(random: Random, token: string | undefined): Metadata {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  if (random.chance(0.2))
    metadata.set('x-request-id', random.pick(['', 'abc', ' a b ', '~'.repeat(200)]))
  if (random.chance(0.2))
    metadata.set('traceparent', random.pick(['', '00-0-0-0', 'ff'.repeat(40)]))
  if (random.chance(0.2))
    metadata.set(
      'idempotency-key',
      random.pick(['', 'k', `k${random.below(1_000)}`, 'k'.repeat(300)]),
    )
  if (random.chance(0.1))
    metadata.set('zerg-caller-address', random.pick(['203.0.113.7', "' or 1=1"]))
  return metadata
}

const same = (bytes: Buffer): Buffer => bytes

type Sent = { method: FuzzedMethod; bytes: Buffer; metadata: Metadata }

function ask(client: Client, { method, bytes, metadata }: Sent): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const deadline = Date.now() + DEADLINE_MS
  const failed = (error: ServiceError) => resolve({ code: error.code, error })
  if (method.isStream) {
    const stream = client.makeServerStreamRequest(method.path, same, same, bytes, metadata, {
      deadline,
    })
    stream.on('data', () => undefined)
    stream.on('error', failed)
    stream.on('end', () => resolve({ code: Status.OK }))
  } else
    client.makeUnaryRequest(method.path, same, same, bytes, metadata, { deadline }, error =>
      error ? failed(error) : resolve({ code: Status.OK }),
    )
  return promise
}

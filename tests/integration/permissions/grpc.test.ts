// Every method, called as every kind of caller, on real rows: what happens is what the rules say, and
// where it was refused nothing has changed.

import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { NO_LIMITS } from '#platform/limits/limits.ts'
import { createGrpcAdmission } from '#transport/grpc/admission.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import { documentedServices } from '../../../src/document.ts'
import { doorwaysOf } from '../../../src/doorways.ts'
import { openTestGrpc, tasksWith, testTokens } from '../../support/grpc.ts'
import { expected } from '../../support/permissions/expectation.ts'
import { GRPC_RECIPES } from '../../support/permissions/grpc-recipes.ts'
import { comeAs, kindsOf } from '../../support/permissions/who.ts'
import { createFingerprint, endWorlds, makeWorld } from '../../support/permissions/world.ts'
import { openWholeApp, type WholeApp } from '../../support/whole-app.ts'

const doorways = doorwaysOf([], documentedServices())
const methods = doorways.flatMap(({ name, rule }) =>
  typeof rule === 'string' ? [] : [{ name, rule }],
)
const streams = new Set(
  documentedServices().flatMap(service =>
    service.methods.flatMap(({ label, responseStream }) => (responseStream ? [label] : [])),
  ),
)
const recipesOf = (name: string) => GRPC_RECIPES[name.slice(name.indexOf('/') + 1)] ?? []

let app: WholeApp
let client: Client
let close: () => Promise<void>
let fingerprint: () => Promise<string>
beforeAll(async () => {
  app = await openWholeApp()
  fingerprint = await createFingerprint(app.database)
  const admission = createGrpcAdmission({
    authenticate: app.authenticate,
    internal: testTokens,
    limits: NO_LIMITS,
  })
  const { services } = app
  const grpc = await openTestGrpc(tasksWith({}), { services, admission })
  client = new Client(grpc.address, credentials.createInsecure())
  close = async () => {
    client.close()
    await grpc.close()
    await app.close()
  }
}, 60_000)
afterAll(async () => await close?.(), 20_000)

test('the application has the methods that are gone through here, and no others', () => {
  const names = (from: typeof doorways) => from.map(({ name }) => name).toSorted()
  expect(names(doorwaysOf([], app.services))).toEqual(names(doorways))
})

test('every method has a recipe', () => {
  const without = doorways.filter(({ name }) => recipesOf(name).length === 0)
  expect(without.map(({ name }) => name)).toEqual([])
})

describe.each(methods)('$name', ({ name, rule: own }) => {
  test.each(recipesOf(name).map((recipe, index) => ({ recipe, number: index + 1 })))(
    'is answered as its rule says, way $number',
    async ({ recipe }) => {
      const asked = { ...recipe, rule: recipe.rule ?? own }
      const { database } = app
      await endWorlds(database)
      let world = await makeWorld(database)
      for (const kind of kindsOf(asked.subject, asked.rule)) {
        const who = await comeAs(kind, world, database)
        const wanted = expected(who, asked)
        const before = await fingerprint()
        const told = await call(name, recipe.request(world), who.token)
        const outcome =
          typeof told !== 'string' && recipe.shows?.(told, world) === false ? 'unlisted' : told
        expect([who.name, typeof outcome === 'string' ? outcome : 'done']).toEqual([
          who.name,
          wanted,
        ])
        const after = await fingerprint()
        if (wanted !== 'done') expect([who.name, after]).toEqual([who.name, before])
        else if (after !== before) world = await makeWorld(database)
      }
    },
    120_000,
  )
})

/** The messages that came, or the code of the error. */
function call(name: string, request: Uint8Array, token: string | undefined) {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const asBytes = (bytes: Uint8Array) => Buffer.from(bytes)
  const { promise, resolve } = Promise.withResolvers<Buffer[] | string>()
  const fail = (error: ServiceError) => resolve(fromStatus(error)?.code ?? `status ${error.code}`)
  const options = { deadline: Date.now() + 10_000 }
  if (streams.has(name)) {
    const answers: Buffer[] = []
    client
      .makeServerStreamRequest(`/${name}`, asBytes, asBytes, request, metadata, options)
      .on('data', (answer: Buffer) => answers.push(answer))
      .on('error', fail)
      .on('end', () => resolve(answers))
    return promise
  }
  client.makeUnaryRequest(
    `/${name}`,
    asBytes,
    asBytes,
    request,
    metadata,
    options,
    (error, answer) => (error ? fail(error) : resolve(answer ? [answer] : [])),
  )
  return promise
}

// TLS between the api and the Tasks service, each way.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'bun:test'
import { newId } from '#lib/id.ts'
import { StartFailure } from '#lib/start-failure.ts'
import { type Certificates, makeCertificates } from '../../support/certificates.ts'
import { callBy } from '../../support/databases.ts'
import { rejection } from '../../support/eventually.ts'
import { connectTestTasks, openTestGrpc, strictAdmission, tasksWith } from '../../support/grpc.ts'
import { aTask } from '../../support/tasks.ts'
import { findTool, testWith } from '../../support/tools.ts'

const test = testWith('openssl')

let ours: Paths
let others: Paths
beforeAll(() => {
  if (!findTool('openssl')) return
  ours = onDisk(makeCertificates('DNS:localhost'))
  others = onDisk(makeCertificates('DNS:localhost'))
})
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(() => [ours, others].forEach(paths => paths?.drop()))

test('a Tasks service of the right authority answers by TLS', async () => {
  const ask = await serve({ tlsCert: ours.cert, tlsKey: ours.key })
  expect(await ask({ tls: true, tlsCa: ours.ca })).toBe('answered')
})

test('one of another authority, or by plain text, does not', async () => {
  const ask = await serve({ tlsCert: ours.cert, tlsKey: ours.key })
  expect(await ask({ tls: true, tlsCa: others.ca })).toBe('tasks_service_unavailable')
  expect(await ask({})).toBe('tasks_service_unavailable')
})

test('a Tasks service that asks for certificates answers those of its authority alone', async () => {
  const ask = await serve({ tlsCert: ours.cert, tlsKey: ours.key, tlsClientCa: ours.ca })
  const tls = { tls: true, tlsCa: ours.ca }
  expect(await ask({ ...tls, tlsCert: ours.cert, tlsKey: ours.key })).toBe('answered')
  expect(await ask(tls)).toBe('tasks_service_unavailable')
  const foreign = await ask({ ...tls, tlsCert: others.cert, tlsKey: others.key })
  expect(foreign).toBe('tasks_service_unavailable')
})

test('files that are no certificates end the start in words', async () => {
  const broken = { tlsCert: import.meta.path, tlsKey: ours.key }
  const failure = await rejection(openTestGrpc(tasksWith({}), broken))
  expect(failure).toBeInstanceOf(StartFailure)
  expect(String(failure)).toContain('ZERG_GRPC_TLS_CERT')
  const mixed = { tlsCert: ours.cert, tlsKey: others.key }
  expect(await rejection(openTestGrpc(tasksWith({}), mixed))).toBeInstanceOf(StartFailure)
})

type Paths = { ca: string; cert: string; key: string; drop(): void }

function onDisk({ ca, cert, key, folder, drop }: Certificates): Paths {
  const paths = { ca, cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), drop }
  writeFileSync(paths.cert, cert)
  writeFileSync(paths.key, key)
  return paths
}

async function serve(tls: Parameters<typeof openTestGrpc>[1]) {
  const tasks = tasksWith({ get: async (_, id) => aTask({ id }) })
  const grpc = await openTestGrpc(tasks, { admission: strictAdmission, ...tls })
  closing.push(grpc.close)
  return async (options: Parameters<typeof connectTestTasks>[1]) => {
    const remote = connectTestTasks([`localhost:${grpc.door.port}`], options)
    closing.push(remote.resource.close)
    try {
      await remote.tasks.get(callBy(), newId())
      return 'answered'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
}

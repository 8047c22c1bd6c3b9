// What a gRPC client no longer waits for does not go on in PostgreSQL.

import { Metadata, status as Status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Tasks } from '#features/tasks/index.ts'
import { AppError } from '#lib/errors.ts'
import { idToBytes } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import { callBy, type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { connectTestTasks, openTestGrpc, type TestGrpc } from '../../support/grpc.ts'
import { openTestTasks } from '../../support/tasks.ts'

let opened: OpenedDatabase
let grpc: TestGrpc
let tasks: Tasks
beforeAll(async () => {
  opened = await openPostgres()
  tasks = openTestTasks(opened.database)
  grpc = await openTestGrpc(tasks)
})
afterAll(async () => {
  await grpc.close()
  await opened.close()
})

describe('a change that waits for a lock', () => {
  test('is cancelled in PostgreSQL when its client gives up', async () => {
    await withLockedTask(async id => {
      const call = grpc.tasksClient().updateById({ id, title: 'x', clear: [] }, () => undefined)
      await eventually(async () => expect(await waiting(opened.database)).toBe(1))
      call.cancel()
      await eventually(async () => expect(await waiting(opened.database)).toBe(0))
    })
  })

  test('is cancelled in PostgreSQL when its deadline passes', async () => {
    await withLockedTask(async id => {
      const deadline = Date.now() + 400
      const failure = new Promise(resolve => {
        grpc
          .tasksClient()
          .updateById({ id, title: 'x', clear: [] }, new Metadata(), { deadline }, resolve)
      })
      await eventually(async () => expect(await waiting(opened.database)).toBe(1))
      expect(await failure).toMatchObject({ code: Status.DEADLINE_EXCEEDED })
      await eventually(async () => expect(await waiting(opened.database)).toBe(0))
    })
  })

  test('is cancelled in PostgreSQL when whoever called from another process gives up', async () => {
    const remote = connectTestTasks([grpc.address])
    await withLockedTask(async (_, id) => {
      const controller = new AbortController()
      const call = { ...callBy(), signal: controller.signal }
      const failure = rejection(remote.tasks.change(call, id, { title: 'x' }))
      await eventually(async () => expect(await waiting(opened.database)).toBe(1))
      controller.abort(new AppError('client_closed_request', 'Gone.'))
      expect(await failure).toMatchObject({ code: 'client_closed_request' })
      await eventually(async () => expect(await waiting(opened.database)).toBe(0))
    })
    remote.resource.close()
  })
})

// Its row is locked by a transaction that ends when the work has.
async function withLockedTask(work: (bytes: Buffer, id: string) => Promise<void>) {
  const { id } = await tasks.create(callBy(), { title: 'Locked' })
  await opened.database.transaction(AbortSignal.timeout(20_000), async tx => {
    await tx.run(sql => sql`select 1 from tasks where id = ${id} for update`)
    await work(idToBytes(id), id)
  })
}

async function waiting(database: Database): Promise<number> {
  const [row] = await database.on(AbortSignal.timeout(5_000)).run(
    sql => sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where wait_event_type = 'Lock' and query like '%update tasks%' and datname = current_database()`,
  )
  return row!.count
}

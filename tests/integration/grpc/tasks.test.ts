// The contract of tasks once more, over the wire.

import { expect, test } from 'bun:test'
import { tasksContract } from '../../support/contracts/tasks.ts'
import { callBy, openPostgres } from '../../support/databases.ts'
import { connectTestTasks, openTestGrpc, strictAdmission, tasksWith } from '../../support/grpc.ts'
import { aTask, openTestTasks } from '../../support/tasks.ts'

tasksContract('tasks over gRPC', async () => {
  const { database, close: closeDatabase } = await openPostgres()
  const grpc = await openTestGrpc(openTestTasks(database), { admission: strictAdmission })
  const { tasks, resource } = connectTestTasks([grpc.address])
  const close = async () => {
    resource.close()
    await grpc.close()
    await closeDatabase()
  }
  return { tasks, database, close }
})

// 200 descriptions of 10,000 four-byte characters are about 8 MiB, twice what gRPC takes by default.
test('the largest page there can be crosses the wire', async () => {
  const description = '🜂'.repeat(10_000)
  const data = Array.from({ length: 200 }, () => aTask({ description }))
  const grpc = await openTestGrpc(tasksWith({ list: async () => ({ data, next_cursor: null }) }))
  const { tasks, resource } = connectTestTasks([grpc.address])
  const page = await tasks.list(callBy(), { limit: 200 })
  expect(page.data).toEqual(data)
  resource.close()
  await grpc.close()
})

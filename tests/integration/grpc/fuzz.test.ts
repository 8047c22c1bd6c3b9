// Whatever bytes are sent by whomever, nothing breaks: `npm run prove` sends many more of them.

import { expect, test } from 'bun:test'
import { idToBytes } from '#lib/id.ts'
import { runGrpcFuzz } from '../../../bench/lab/fuzz/grpc-fuzz.ts'
import { callBy, databases, insertProject, insertUser } from '../../support/databases.ts'
import { openTestGrpc, strictAdmission, testTokens } from '../../support/grpc.ts'
import { memoryLog } from '../../support/grpc-log.ts'
import { aUser, tokenFor } from '../../support/identities.ts'
import { openTestTasks } from '../../support/tasks.ts'

test.each(databases)(
  'generated messages get promised answers, on $name',
  async ({ open }) => {
    const { database, close } = await open()
    const tasks = openTestTasks(database)
    const log = memoryLog()
    const grpc = await openTestGrpc(tasks, { admission: strictAdmission, log: log.log })
    const [userId, otherId] = [await insertUser(database), await insertUser(database)]
    const user = aUser({ id: userId, userId })
    const other = aUser({ id: otherId, userId: otherId, roles: ['admin'] })
    const ids = [userId, otherId, await insertProject(database)]
    for (const owner of [user, other])
      for (const title of ['First', 'Second'])
        ids.push((await tasks.create(callBy({ ...owner, roles: ['admin'] }), { title })).id)
    const page = await tasks.list(callBy(other), { limit: 1 })

    const report = await runGrpcFuzz({
      address: grpc.address,
      messages: 600,
      seed: 20_260_102,
      pool: { ids: ids.map(idToBytes), texts: [page.next_cursor ?? ''] },
      callers: {
        stranger: undefined,
        'somebody with nonsense': 'nonsense',
        user: tokenFor(user),
        admin: tokenFor(other),
        auditor: tokenFor(aUser({ id: otherId, userId: otherId, roles: ['user', 'auditor'] })),
        'a key that reads': tokenFor({ ...user, kind: 'key', scopes: ['tasks:read'] }),
        'a key of nothing': tokenFor({ ...user, kind: 'key', scopes: [] }),
        'an api process': await testTokens.sign(user),
      },
    })
    await grpc.close()
    await close()
    expect(report.broken).toEqual([])
    expect(report.sent).toBe(600)
    // Not everything was refused at the door.
    expect(report.statuses['OK']).toBeGreaterThan(30)
    expect(log.lines().filter(({ level }) => level === 50)).toEqual([])
  },
  60_000,
)

// Reading the audit log over HTTP, on every database that Zerg runs on.

import { NO_LIMITS } from '#platform/limits/limits.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { OPERATOR, type Identity } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { type Entry, record } from '#platform/audit/record.ts'
import { auditRoutes, openAudit } from '#features/audit/index.ts'
import type { AuditEntry, AuditPage } from '#features/audit/model.ts'
import { createAdmission } from '#transport/http/admission.ts'
import { tamper } from '../../support/audit.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { httpOver } from '../../support/http.ts'
import { anAdmin, anAuditor, aUser, authenticateTest, tokenFor } from '../../support/identities.ts'

for (const { name, open } of databases)
  describe(`reading the audit log on ${name}`, () => {
    let opened: OpenedDatabase
    let http: ReturnType<typeof httpOver>
    const auditor = anAuditor()
    beforeAll(async () => {
      opened = await open()
      const audit = openAudit({ database: opened.database })
      http = httpOver(auditRoutes({ audit }), {
        admission: createAdmission({ authenticate: authenticateTest, limits: NO_LIMITS }),
      })
    }, 60_000)
    afterAll(() => opened.close(), 20_000)
    beforeEach(() => tamper(opened.database, 'delete from audit_entries'))

    test('is refused to strangers, to users, and to keys without the scope', async () => {
      const id = (await write({}), (await page(auditor, '')).data[0]!.id)
      expect((await http('/api/v1/audit')).status).toBe(401)
      expect((await http(`/api/v1/audit/${id}`)).status).toBe(401)
      const narrow = anAuditor({ kind: 'key', id: newId(), scopes: ['tasks:read'] })
      for (const [who, list, one] of [
        [aUser(), 403, 404],
        [aUser({ kind: 'key', id: newId(), scopes: ['audit:read'] }), 403, 404],
        [narrow, 403, 403],
      ] as const) {
        expect((await ask(who, '/api/v1/audit')).status).toBe(list)
        expect((await ask(who, `/api/v1/audit/${id}`)).status).toBe(one)
      }
    })

    test('is open to auditors, administrators, the operator, and their keys', async () => {
      await write({})
      const key = anAuditor({ kind: 'key', id: newId(), scopes: ['audit:read'] })
      for (const who of [auditor, anAdmin(), OPERATOR, key])
        expect((await page(who, '?kind=thing')).data.length).toBe(1)
    })

    test('an entry is read by its id, as it stands in the list', async () => {
      await write({ id: 'x-1', reason: 'because', before: { a: 1 }, after: { a: [2, 'b'] } })
      const [listed] = (await page(auditor, '?kind=thing')).data
      const answer = await ask(auditor, `/api/v1/audit/${listed!.id}`)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual(listed)
      expect(listed).toMatchObject({
        subject_id: 'x-1',
        outcome: 'done',
        reason: 'because',
        before: { a: 1 },
        after: { a: [2, 'b'] },
        via: 'http',
        address: null,
      })
    })

    test('an id of no entry is 404, and one that is none is 400', async () => {
      await write({})
      const [entry] = (await page(auditor, '')).data
      const other = `${entry!.id.slice(0, -1)}${entry!.id.endsWith('f') ? '0' : 'f'}`
      for (const id of [newId(), crypto.randomUUID(), other, '0'.repeat(8) + entry!.id.slice(8)])
        expect((await ask(auditor, `/api/v1/audit/${id}`)).status).toBe(404)
      expect((await ask(auditor, '/api/v1/audit/17')).status).toBe(400)
    })

    test('reading leaves entries of its own: who has read what', async () => {
      await write({})
      const [entry] = (await page(auditor, '?kind=thing&limit=1')).data
      await ask(auditor, `/api/v1/audit/${entry!.id}`)
      const { data } = await page(anAdmin(), `?caller_id=${auditor.id}&sort=at`)
      expect(data).toMatchObject([
        {
          action: 'audit.list',
          caller_id: auditor.id,
          after: { asked: { kind: 'thing', limit: 1 }, shown: 1 },
        },
        { action: 'audit.read', caller_id: auditor.id, subject_id: entry!.id },
      ])
    })

    test('a reading that was refused leaves none', async () => {
      await ask(aUser(), '/api/v1/audit')
      await ask(auditor, `/api/v1/audit/${newId()}`)
      expect((await page(auditor, '')).data).toEqual([])
    })

    test('each filter finds what it names, alone and with others', async () => {
      const [user, other] = [aUser(), aUser()]
      const key = aUser({ kind: 'key', id: newId(), userId: user.userId })
      const [subject, request] = [newId(), `request-${newId()}`]
      await write({ id: subject }, user)
      await write({ action: 'things.remove', outcome: 'refused' }, user)
      await write({ kind: 'other' }, key, request)
      await write({ outcome: 'failed' }, other)
      const counts: readonly [string, number][] = [
        ['kind=thing', 3],
        ['kind=none', 0],
        ['action=things.change', 3],
        ['action=things.remove', 1],
        [`subject_id=${subject}`, 1],
        [`caller_id=${user.id}`, 2],
        [`caller_id=${key.id}`, 1],
        [`user_id=${user.id}`, 3],
        [`user_id=${key.id}`, 0],
        ['outcome=refused', 1],
        ['outcome=failed', 1],
        ['outcome=done&kind=thing', 1],
        [`request_id=${request}`, 1],
        [`user_id=${user.id}&kind=other&action=things.change`, 1],
        [`caller_id=${user.id}&outcome=refused`, 1],
        [`since=${new Date(Date.now() + 60_000).toISOString()}`, 0],
        [`until=2020-01-01T00:00:00Z`, 0],
        // RFC 3339 lets an offset go on to a day, PostgreSQL does not.
        [`until=2020-01-01T20:00:00%2B20:00`, 0],
        [
          `since=2020-01-01T00:00:00Z&until=${new Date(Date.now() + 60_000).toISOString()}&kind=thing`,
          3,
        ],
      ]
      for (const [query, count] of counts)
        expect((await page(auditor, `?${query}`)).data.length, query).toBe(count)
    })

    test('pages follow each other in both orders, without a gap and without the reading itself', async () => {
      for (let index = 0; index < 7; index++) await write({ id: String(index) })
      for (const [sort, expected] of [
        ['at', ['0', '1', '2', '3', '4', '5', '6']],
        ['-at', ['6', '5', '4', '3', '2', '1', '0']],
      ] as const) {
        const seen: (string | null)[] = []
        let cursor: string | null = ''
        while (cursor !== null) {
          const more: string = cursor === '' ? '' : `&cursor=${cursor}`
          const { data, next_cursor }: AuditPage = await page(
            auditor,
            `?kind=thing&limit=3&sort=${sort}${more}`,
          )
          seen.push(...data.map(({ subject_id }) => subject_id))
          cursor = next_cursor
        }
        expect(seen).toEqual([...expected])
      }
    })

    test('pages by a caller, whom two indexes know, are in order as well', async () => {
      const key = aUser({ kind: 'key', id: newId() })
      for (let index = 0; index < 4; index++) await write({ id: String(index) }, key)
      const first = await page(auditor, `?caller_id=${key.id}&limit=3`)
      expect(first.data.map(({ subject_id }) => subject_id)).toEqual(['3', '2', '1'])
      const rest = await page(auditor, `?caller_id=${key.id}&limit=3&cursor=${first.next_cursor}`)
      expect(rest.data.map(({ subject_id }) => subject_id)).toEqual(['0'])
    })

    test.each([
      ['an unknown filter', 'who=me', 'invalid_query'],
      ['an outcome that there is not', 'outcome=good', 'invalid_query'],
      ['a time that is none', 'since=yesterday', 'invalid_query'],
      ['a caller that is no id', 'caller_id=1', 'invalid_query'],
      ['a page that is too large', 'limit=201', 'invalid_query'],
      ['a cursor that was made up', 'cursor=abc', 'invalid_cursor'],
      ['a text with NUL', 'action=%00', 'invalid_query'],
    ])('%s is refused', async (_, query, code) => {
      const answer = await ask(auditor, `/api/v1/audit?${query}`)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code })
    })

    test('a cursor of another list is refused', async () => {
      for (let index = 0; index < 3; index++) await write({})
      const { next_cursor } = await page(auditor, '?limit=1')
      const answer = await ask(auditor, `/api/v1/audit?sort=at&cursor=${next_cursor}`)
      expect(await answer.json()).toMatchObject({ code: 'invalid_cursor' })
      const made = Buffer.from(JSON.stringify([1, '-at', 'x', crypto.randomUUID()]))
      const other = await ask(auditor, `/api/v1/audit?cursor=${made.toString('base64url')}`)
      expect(await other.json()).toMatchObject({ code: 'invalid_cursor' })
    })

    const ask = (who: Identity, path: string) =>
      http(path, { headers: { authorization: `Bearer ${tokenFor(who)}` } })

    async function page(who: Identity, query: string): Promise<AuditPage> {
      const answer = await ask(who, `/api/v1/audit${query}`)
      expect(answer.status, query).toBe(200)
      return (await answer.json()) as { data: AuditEntry[]; next_cursor: string | null }
    }

    async function write(given: Partial<Entry>, who = aUser(), requestId = 'some') {
      const call = callBy({ ...who, requestId })
      await record(opened.database.on(call.signal), call, {
        action: 'things.change',
        kind: 'thing',
        id: null,
        outcome: 'done',
        ...given,
      })
    }
  })

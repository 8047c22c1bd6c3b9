import { describe, expect, test } from 'bun:test'
import {
  endsIdle,
  errorText,
  findError,
  queryMessage,
  readMessages,
  readOpening,
  SYNC,
} from '#platform/embedded/wire.ts'

describe('the first message of a connection', () => {
  test('is waited for until it is whole', () => {
    const startup = startupMessage({ user: 'postgres' })
    for (let cut = 0; cut < startup.length; cut++)
      expect(readOpening(startup.subarray(0, cut))).toEqual({ kind: 'incomplete' })
  })

  test('tells the parameters, and where it ends', () => {
    const startup = startupMessage({ user: 'postgres', TimeZone: 'UTC', application_name: '' })
    expect(readOpening(Buffer.concat([startup, SYNC]))).toEqual({
      kind: 'startup',
      length: startup.length,
      parameters: [
        ['user', 'postgres'],
        ['TimeZone', 'UTC'],
        ['application_name', ''],
      ],
    })
  })

  test.each([
    ['encryption by TLS', 80_877_103, 'encryption'],
    ['encryption by GSSAPI', 80_877_104, 'encryption'],
    ['a cancellation', 80_877_102, 'cancel'],
  ])('may ask for %s', (_, code, kind) => {
    const request = Buffer.alloc(8)
    request.writeUInt32BE(8, 0)
    request.writeUInt32BE(code, 4)
    expect(readOpening(request)).toMatchObject({ kind, length: 8 })
  })
})

describe('messages', () => {
  test('are taken whole, and a cut one is left', () => {
    const query = queryMessage('select 1')
    const bytes = Buffer.concat([query, SYNC, query])
    expect(readMessages(bytes)).toEqual({ whole: bytes.length, terminated: false })
    for (let cut = 1; cut < query.length; cut++)
      expect(readMessages(bytes.subarray(0, -cut)).whole).toBe(query.length + SYNC.length)
  })

  test('end with a Terminate, whatever follows', () => {
    const terminate = Buffer.from([0x58, 0, 0, 0, 4])
    const bytes = Buffer.concat([SYNC, terminate, SYNC])
    expect(readMessages(bytes)).toEqual({ whole: SYNC.length, terminated: true })
  })
})

describe('an answer', () => {
  const ready = (status: string) => Buffer.from([0x5a, 0, 0, 0, 5, status.charCodeAt(0)])

  test('ends idle only when it says ready, and in no transaction', () => {
    expect(endsIdle(ready('I'))).toBe(true)
    expect(endsIdle(ready('T'))).toBe(false)
    expect(endsIdle(ready('E'))).toBe(false)
    expect(endsIdle(Buffer.alloc(0))).toBe(false)
  })

  test('is searched for an error, whose text is read', () => {
    const fields = Buffer.from('SERROR\0C42P01\0Mno such table\0\0')
    const head = Buffer.from([0x45, 0, 0, 0, 4 + fields.length])
    const answer = Buffer.concat([ready('T'), head, fields, ready('I')])
    const error = findError(answer)
    expect(error && errorText(error)).toBe('no such table')
    expect(findError(ready('I'))).toBeUndefined()
  })
})

function startupMessage(parameters: Record<string, string>): Buffer {
  const words = Object.entries(parameters).flat().join('\0')
  const body = Buffer.from(`....\0\x03\0\0${words}\0\0`)
  body.writeUInt32BE(body.length, 0)
  return body
}

import { describe, expect, test } from 'bun:test'
import { setup, THING } from './things.ts'

describe('a deadline', () => {
  test.each(['soon', '5', '-1s', '0', ''])('of %j is refused as a header', async header => {
    const { http } = setup()
    const answer = await http(THING, { headers: { 'request-timeout': header } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      400,
      'invalid_header',
    ])
  })

  test('that the client shortens ends what listens to its signal', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/waits', { headers: { 'request-timeout': '20ms' } })
    expect(answer.status).toBe(504)
    expect(await answer.json()).toMatchObject({ code: 'deadline_exceeded' })
  })

  test('also ends what fails in words of its own when its signal fires', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/waits-badly', { headers: { 'request-timeout': '20ms' } })
    expect(answer.status).toBe(504)
  })

  test('is answered for a handler that listens to nothing', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/deaf', { headers: { 'request-timeout': '20ms' } })
    expect(answer.status).toBe(504)
  })

  test('cannot be made longer', async () => {
    const { http } = setup({ requestTimeoutMs: 30 })
    const answer = await http('/api/v1/waits', { headers: { 'request-timeout': '1h' } })
    expect(answer.status).toBe(504)
  })
})

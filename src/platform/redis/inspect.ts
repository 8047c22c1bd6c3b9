// Looks at a Redis once: which one it is, and whether it lets us do what a server will want to.

import { createClient } from './client.ts'
import { diagnoseRedis } from './diagnosis.ts'
import { createKeys } from './keys.ts'
import { BEAT, LEAVE, PRESENT_MS } from './presence.ts'
import { PUBLISH } from './redis-bus.ts'
import { runScript } from './script.ts'
import { readTarget, type RedisSettings } from './target.ts'

/** Such as `Redis 7.0.15`. */
export type Inspected = { name: string; major: number }

/** @throws RedisFailure which says what is wrong and what to try. */
export async function inspectRedis(
  settings: RedisSettings,
  signal: AbortSignal,
): Promise<Inspected> {
  const target = readTarget(settings)
  const client = createClient(target, settings)
  const keys = createKeys(settings.prefix)
  let lastError: unknown
  client.on('error', error => {
    lastError = error
  })
  const late = Promise.withResolvers<never>()
  const patience = AbortSignal.any([
    signal,
    AbortSignal.timeout(settings.connectTimeoutMs + settings.commandTimeoutMs),
  ])
  patience.addEventListener('abort', () => late.reject(lastError ?? timedOut()), { once: true })
  try {
    return await Promise.race([look(), late.promise])
  } catch (error) {
    throw diagnoseRedis(lastError ?? error, target)
  } finally {
    client.disconnect()
  }

  async function look(): Promise<Inspected> {
    await client.connect()
    const input = { key: keys.instances }
    await runScript(client, BEAT, { ...input, args: ['inspection', PRESENT_MS] })
    await runScript(client, LEAVE, { ...input, args: ['inspection'] })
    await runScript(client, PUBLISH, { ...input, args: [keys.channel('revocations'), ''] })
    return aboutOf(await client.call('hello'))
  }
}

// HELLO answers with names and values in turn.
function aboutOf(reply: unknown): Inspected {
  const words = Array.isArray(reply) ? reply.map(String) : []
  const of = (name: string) => words[words.indexOf(name) + 1] ?? ''
  const version = words.includes('version') ? of('version') : ''
  const server = of('server') === 'valkey' ? 'Valkey' : 'Redis'
  return { name: `${server} ${version}`.trim(), major: Number.parseInt(version, 10) }
}

const timedOut = () => new Error('Connecting timed out.')

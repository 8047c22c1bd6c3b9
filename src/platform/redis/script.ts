// A script in Lua, sent in full once and by its digest from then on.

import { createHash } from 'node:crypto'
import type { Client } from './client.ts'

export type Script = { readonly lua: string; readonly digest: string }

export type Argument = string | number

/** The key that a script takes (one, so that a Cluster knows where it runs) and its arguments. */
export type Input = { key: string; args: readonly Argument[] }

export const createScript = (lua: string): Script => ({
  lua,
  digest: createHash('sha1').update(lua).digest('hex'),
})

/** Rejects with what ioredis does: nothing waits longer than its command timeout. */
export async function runScript(client: Client, script: Script, input: Input): Promise<unknown> {
  try {
    return await client.evalsha(script.digest, 1, input.key, ...input.args)
  } catch (error) {
    // A Redis that was restarted, or a node that has never seen it.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return await client.eval(script.lua, 1, input.key, ...input.args)
  }
}

// The way over HTTP to an instance.

import { CommandError } from '../exit.ts'
import { talk } from '../output/talk.ts'
import type { Way } from './way.ts'

type To = { url: string; token: string }

const ANSWER_MAX_MS = 30_000

/** Asks nobody yet. */
export function connect({ url, token }: To): Way {
  if (isReadableOnTheWay(url))
    talk.warn(`The key goes to ${url} without TLS: whoever is on the way can read it.`)
  return { send, close: async () => undefined }

  async function send(path: string, request: RequestInit): Promise<Response> {
    const headers = new Headers(request.headers)
    headers.set('authorization', `Bearer ${token}`)
    const signal = AbortSignal.timeout(ANSWER_MAX_MS)
    try {
      // A redirect would take the key elsewhere.
      return await fetch(`${url}${path}`, { ...request, headers, signal, redirect: 'manual' })
    } catch (cause) {
      throw new CommandError(`Nothing answers at ${url} (${reasonOf(cause)}).`, {
        fix: 'Check that the instance runs, and the address.',
      })
    }
  }
}

function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

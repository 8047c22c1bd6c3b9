// One client: a connection after the other, one request at a time, nothing sent twice.

import { createAnswerReader } from './http-answer.ts'
import type { Ledger } from './ledger.ts'

export type Load = {
  port: number
  /** One or several; connections take turns. */
  hosts: readonly string[]
  connections: number
  /** Between an answer and the next request: a random time from 0 to this. */
  pauseMaxMs: number
  method: 'GET' | 'POST'
  path: string
  headers?: Readonly<Record<string, string>>
  /** Keeps asking after a refusal; otherwise a refusal is the end of a client. */
  persists?: boolean
}

export type Figures = {
  sent: number
  answered: number
  /** Written, and EOF or a reset came before the whole answer. */
  lost: number
  /** Connections that the server did not take. */
  refused: number
  /** Connections that the server closed while nothing was asked. Nobody loses by it. */
  closed_idle: number
  reconnects: number
  server_errors: number
  statuses: Record<string, number>
  /** How long each answer took, in milliseconds; quantiles are all that leaves the process. */
  tookMs: number[]
  p50Ms: number
  p99Ms: number
  /** The first few losses. */
  losses: string[]
}

export const noFigures = (): Figures => ({
  sent: 0,
  answered: 0,
  lost: 0,
  refused: 0,
  closed_idle: 0,
  reconnects: 0,
  server_errors: 0,
  statuses: {},
  tookMs: [],
  p50Ms: 0,
  p99Ms: 0,
  losses: [],
})

type Shared = { load: Load; figures: Figures; ledger: Ledger; isOver(): boolean; answered(): void }

/** Resolves when this client was refused, or when all is over. */
export async function runClient(index: number, shared: Shared): Promise<void> {
  const { load, figures, isOver } = shared
  const host = load.hosts[index % load.hosts.length]!
  while (!isOver()) {
    const end = await useConnection(host, shared)
    if (end === 'refused') {
      figures.refused += 1
      if (!load.persists) return
      await Bun.sleep(50)
      continue
    }
    figures.reconnects += 1
  }
}

/** Resolves when the connection is over, for whatever reason. */
function useConnection(host: string, shared: Shared): Promise<'refused' | 'ended'> {
  const { load, figures, ledger, isOver } = shared
  const { promise, resolve } = Promise.withResolvers<'refused' | 'ended'>()
  const reader = createAnswerReader()
  let asked: { id: string; atMs: number } | undefined
  let mayAsk = true

  const connecting = Bun.connect({
    hostname: host,
    port: load.port,
    socket: {
      open: ask,
      data(socket, bytes) {
        const answer = reader.push(bytes)
        if (!answer || !asked) return
        record(answer.status)
        if (answer.closes || isOver()) {
          mayAsk = false
          socket.end()
          // At once: whoever waits for the server's side of it is not in a hurry.
          resolve('ended')
          return
        }
        if (load.pauseMaxMs === 0) return ask(socket)
        setTimeout(ask, Math.random() * load.pauseMaxMs, socket)
      },
      end: gone,
      close: gone,
      error: (_, error) => gone(undefined, error),
      connectError: () => undefined,
    },
  })
  connecting.catch((error: unknown) => {
    const isRefused = String(error).includes('refused') || codeOf(error) === 'ECONNREFUSED'
    if (!isRefused) figures.losses.push(`could not connect: ${String(error)}`)
    resolve('refused')
  })
  return promise

  function ask(socket: Bun.Socket) {
    if (!mayAsk) return
    const id = crypto.randomUUID()
    const request = toRequest(load, host, id)
    asked = { id, atMs: performance.now() }
    figures.sent += 1
    if (load.method === 'POST') ledger.sent(id)
    const written = socket.write(request)
    if (written !== request.length) figures.losses.push(`only ${written} bytes were taken`)
  }

  function record(status: number) {
    figures.answered += 1
    figures.tookMs.push(performance.now() - asked!.atMs)
    figures.statuses[status] = (figures.statuses[status] ?? 0) + 1
    if (status >= 500) figures.server_errors += 1
    if (status === 201) ledger.acknowledged(asked!.id)
    asked = undefined
    shared.answered()
  }

  function gone(_: unknown, error?: unknown) {
    if (!mayAsk) return
    mayAsk = false
    if (asked) lose(error)
    else figures.closed_idle += 1
    resolve('ended')
  }

  function lose(error: unknown) {
    figures.lost += 1
    const waitedMs = Math.round(performance.now() - asked!.atMs)
    const got = reader.isEmpty() ? 'nothing' : 'a part'
    if (figures.losses.length < 20)
      figures.losses.push(`got ${got} in ${waitedMs} ms, then ${error ? String(error) : 'EOF'}`)
  }
}

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined

function toRequest({ method, path, headers = {} }: Load, host: string, id: string): string {
  const authority = host.includes(':') ? `[${host}]` : host
  const body = method === 'POST' ? JSON.stringify({ title: id }) : ''
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${authority}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body ? ['Content-Type: application/json', `Content-Length: ${body.length}`] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

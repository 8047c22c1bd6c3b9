// Keeps one client connected. ioredis tries again by itself, except where it has given up for good.

import type { Client } from './client.ts'

type Tell = {
  onReady(): void
  onClosed(): void
  onError(error: unknown): void
}

const AFTER_END_MS = 500

export function keepConnected(client: Client, { onReady, onClosed, onError }: Tell) {
  let isClosing = false
  let again: ReturnType<typeof setTimeout> | undefined
  client.on('ready', onReady)
  client.on('close', onClosed)
  client.on('end', openLater)
  // Without a listener ioredis would write to the console.
  client.on('error', onError)

  return { open, renew, close }

  function open(): void {
    client.connect().catch(onError)
  }

  function openLater(): void {
    if (isClosing) return
    clearTimeout(again)
    again = setTimeout(open, AFTER_END_MS * (0.5 + Math.random()))
  }

  /** Ends a connection on which nothing comes any more; the next one is opened after a moment. */
  function renew(): void {
    if (client.status === 'ready' || client.status === 'connect') client.disconnect(true)
  }

  function close(): void {
    isClosing = true
    clearTimeout(again)
    client.disconnect()
  }
}

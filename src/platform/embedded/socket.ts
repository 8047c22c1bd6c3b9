// What postgres.js takes for a socket, with PGlite at its other end.
//
// A statement runs in this thread and cannot be cancelled on its way: PGlite has no second thread to
// tell it. So a CancelRequest is taken and, as the protocol allows, does nothing; whoever waited for
// the statement is answered as soon as it has ended, and the session is free only then. Statements
// of the embedded database are to be short, since nothing else runs meanwhile.

import { EventEmitter } from 'node:events'
import type { Hold, Session } from './session.ts'
import { readMessages, readOpening } from './wire.ts'

export type EmbeddedSocket = EventEmitter & {
  readyState: 'open' | 'closed'
  write(bytes: Uint8Array, done?: () => void): boolean
  end(bytes?: Uint8Array): void
  destroy(error?: Error): void
  setKeepAlive(): void
  pause(): void
  resume(): void
}

export function createSocket(session: Session): EmbeddedSocket {
  const emitter = new EventEmitter()
  let inbox: Buffer = Buffer.alloc(0)
  let scheduled = false
  let opening = true
  let hold: Hold | undefined

  const socket: EmbeddedSocket = Object.assign(emitter, {
    readyState: 'open' as const,
    write,
    end,
    destroy,
    // There is no wire to keep alive, and nothing arrives but in answer to a write.
    setKeepAlive: () => {},
    pause: () => {},
    resume: () => {},
  })
  return socket

  function write(bytes: Uint8Array, done?: () => void): boolean {
    if (socket.readyState === 'closed') return false
    inbox = inbox.length === 0 ? Buffer.from(bytes) : Buffer.concat([inbox, bytes])
    if (done) queueMicrotask(done)
    schedule()
    return true
  }

  // Never from within `write`: its caller has yet to note what it waits for. And by way of the event
  // loop, so that a client that answers each answer at once leaves room for everybody else.
  function schedule() {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (socket.readyState === 'open') (opening ? open : converse)()
    })
  }

  function open() {
    const request = readOpening(inbox)
    if (request.kind === 'incomplete') return
    const message = inbox.subarray(0, request.length)
    inbox = inbox.subarray(request.length)
    if (request.kind === 'cancel') return close()
    if (request.kind === 'encryption') {
      emitter.emit('data', Buffer.from('N'))
      if (inbox.length) schedule()
      return
    }
    opening = false
    scheduled = true
    session.take().then(taken => begin(taken, message, request.parameters), destroy)
  }

  function begin(taken: Hold, startup: Buffer, parameters: [string, string][]) {
    scheduled = false
    if (socket.readyState === 'closed') return taken.release()
    hold = taken
    const { accepted, answer } = taken.greet(startup, parameters)
    emitter.emit('data', answer)
    if (!accepted || taken.failed()) return close()
    if (inbox.length) schedule()
  }

  function converse() {
    const { whole, terminated } = readMessages(inbox)
    const messages = inbox.subarray(0, whole)
    inbox = inbox.subarray(whole)
    if (hold && messages.length) {
      const answer = hold.exchange(messages)
      if (answer.length) emitter.emit('data', answer)
    }
    if (terminated || hold?.failed()) close()
  }

  function end(bytes?: Uint8Array) {
    if (bytes) write(bytes)
    else close()
  }

  function destroy(error?: Error) {
    if (socket.readyState === 'closed') return
    if (error) emitter.emit('error', error)
    close()
  }

  function close() {
    if (socket.readyState === 'closed') return
    socket.readyState = 'closed'
    inbox = Buffer.alloc(0)
    hold?.release()
    hold = undefined
    setImmediate(() => emitter.emit('close', false))
  }
}

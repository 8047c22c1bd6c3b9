// What postgres.js takes for a socket, with PGlite at its other end.
//
// A statement runs in this thread and cannot be cancelled on its way: PGlite has no second thread to
// tell it. So a CancelRequest is taken and, as the protocol allows, does nothing; whoever waited for
// the statement is answered as soon as it has ended, and the session is free only then. Statements
// of the embedded database are to be short, since nothing else runs meanwhile.

import { EventEmitter } from 'node:events'
import type { Guest, Session } from './session.ts'
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
  let guest: Guest | undefined

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
    session.join().then(joined => begin(joined, message, request.parameters), destroy)
  }

  function begin(joined: Guest, startup: Buffer, parameters: [string, string][]) {
    if (socket.readyState === 'closed') return joined.leave()
    guest = joined
    if (guest.failed()) return close()
    if (!guest.mayProceed()) return guest.whenFree(() => begin(joined, startup, parameters))
    scheduled = false
    const { accepted, answer } = guest.greet(startup, parameters)
    emitter.emit('data', answer)
    if (!accepted || guest.failed()) return close()
    if (inbox.length) schedule()
  }

  function converse() {
    if (!guest) return
    if (guest.failed()) return close()
    if (!guest.mayProceed()) return guest.whenFree(schedule)
    const { whole, terminated } = readMessages(inbox)
    const messages = inbox.subarray(0, whole)
    inbox = inbox.subarray(whole)
    if (messages.length) {
      const answer = guest.exchange(messages)
      if (answer.length) emitter.emit('data', answer)
    }
    if (terminated || guest.failed()) close()
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
    guest?.leave()
    guest = undefined
    setImmediate(() => emitter.emit('close', false))
  }
}

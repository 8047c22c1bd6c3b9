// A way in, as a shutdown sees it. `transport/http` and `transport/grpc` each make one.

export type Door = {
  name: 'http' | 'grpc'
  host: string
  port: number
  /** The shutdown begins: every answer from here on tells its client to leave (`Connection: close`; health NOT_SERVING). */
  announceDrain(): void
  /** Requests being handled now. */
  inFlight(): number
  /** Requests answered since the start. */
  finished(): number
  /** Accepts no more connections; those inside are still answered (HTTP: `server.stop()`; gRPC: GOAWAY). */
  stopListening(): void
  /** Closes connections on which nothing is under way. */
  closeIdle(): void
  /** Fires the abort signal of every request in flight with `shutting_down`; resolves nothing. Returns how many. */
  abortInFlight(): number
  /** Resolves when, after `stopListening`, nothing is left. */
  closed(): Promise<void>
  /** Ends what is left at once. Returns how many requests were cut. */
  force(): number
}

// A check is a value. Readiness, detailed health and later `zerg doctor` run the same ones.

export type Check = {
  /** Stable name, also the label of its metric: `database`, `tasks-service`. */
  name: string
  /** Resolves with a remark: passed. Rejects: failed, and the message says why, without secrets. */
  run(signal: AbortSignal): Promise<string | undefined>
  /** More figures for the operations port, such as the pool's. */
  figures?(): Readonly<Record<string, number | string | boolean>>
}

export type Outcome = {
  name: string
  status: 'passed' | 'failed'
  remark?: string
  latencyMs: number
  figures?: Readonly<Record<string, number | string | boolean>>
}

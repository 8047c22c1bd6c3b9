// Why an embedded database cannot be opened, in words for whoever started the process.

export type FailureReason = 'in_use' | 'unwritable' | 'incompatible' | 'full' | 'broken'

/** `message` says what is wrong with which path, and what to do about it. */
export class EmbeddedFailure extends Error {
  override readonly name = 'EmbeddedFailure'
  readonly reason: FailureReason

  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** The system's error code of what was thrown (`ENOENT`), or an empty text. */
export const systemCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

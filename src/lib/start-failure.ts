// Why a start failed, in words for whoever started it.

/** `message` says what happened and where; `fix` what to do about it. Neither holds a secret. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly fix: string

  constructor(what: string, { fix, cause }: { fix: string; cause?: unknown }) {
    super(what, cause === undefined ? undefined : { cause })
    this.fix = fix
  }
}

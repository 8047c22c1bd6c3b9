// Why Redis cannot be used, in words for whoever runs Zerg. A password never gets in here.

export class RedisFailure extends Error {
  override readonly name = 'RedisFailure'
  /** What to do about it. */
  readonly fix: string

  constructor(what: string, fix: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause })
    this.fix = fix
  }
}

// Why the database cannot be used, in words for whoever runs Zerg. A password never gets in here.

export class DatabaseFailure extends Error {
  override readonly name = 'DatabaseFailure'
  /** What to do about it. */
  readonly fix: string

  constructor(what: string, fix: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause })
    this.fix = fix
  }
}

// Which Zerg this is.

import manifest from '../../package.json' with { type: 'json' }

// The build puts the commit in the place of this name; from source there is nothing to replace it.
declare const ZERG_COMMIT: string

export const VERSION: string = manifest.version

/** The commit that was built, `+` where files differed from it; `source` when run from source. */
export const COMMIT: string = typeof ZERG_COMMIT === 'string' ? ZERG_COMMIT : 'source'

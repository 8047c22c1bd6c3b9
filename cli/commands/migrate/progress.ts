// A run of migrations, told to whoever watches.

import type { Progress } from '#platform/postgres/migrate/progress.ts'
import { talk } from '../../output/talk.ts'

export function tellProgress(progress: Progress) {
  talk.log(sentenceOf(progress))
}

function sentenceOf(progress: Progress): string {
  switch (progress.kind) {
    case 'waiting':
      return `Another process is migrating; waiting for it (${seconds(progress.waitedMs)}).`
    case 'started':
      return `${progress.direction} ${progress.version} ${progress.name} …`
    case 'blocked':
      return `  A lock is not free${progress.by ? `, perhaps because of ${progress.by}` : ''}. Stepped aside; trying again in ${seconds(progress.retryInMs)}.`
    case 'running':
      return `  still running (${seconds(progress.elapsedMs)})`
    case 'done':
      return `  done in ${progress.durationMs} ms`
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
